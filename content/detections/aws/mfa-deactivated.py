NAMES = {
    "DeactivateMFADevice",
}


def rule(event):
    if event.get("eventSource") != "iam.amazonaws.com":
        return False
    return event.get("eventName") in NAMES and event.get("errorCode") is None


def title(event):
    return f"MFA deactivated by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


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
