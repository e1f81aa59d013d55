def rule(event):
    if event.get("eventName") != "ModifyInstanceAttribute" or event.get("errorCode") is not None:
        return False
    return event.deep_get("requestParameters", "userData") is not None


def title(event):
    return f"User data changed by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


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
