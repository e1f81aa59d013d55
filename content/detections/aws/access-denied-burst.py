DENIED = {"AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation"}


def rule(event):
    if event.get("errorCode") not in DENIED:
        return False
    # Services on behalf of others are denied every day.
    return event.deep_get("userIdentity", "type") != "AWSService"


def unique(event):
    return f"{event.get('eventSource')}:{event.get('eventName')}"


def title(event):
    return f"Many calls denied by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


def dedup(event):
    return event.deep_get("userIdentity", "arn", default="")


def alert_context(event):
    return {
        "actor": event.deep_get("userIdentity", "arn"),
        "sourceIPAddress": event.get("sourceIPAddress"),
        "userAgent": event.get("userAgent"),
        "region": event.get("awsRegion"),
        "request": event.get("requestParameters"),
    }
