def rule(event):
    if event.get("eventName") != "CreateAccessKey" or event.get("errorCode") is not None:
        return False
    return event.deep_get("userIdentity", "type") == "Root" and not event.deep_get("requestParameters", "userName")


def title(event):
    return f"Access key created for the root user of AWS account {event.get('recipientAccountId')}"


def alert_context(event):
    return {
        "account": event.get("recipientAccountId"),
        "sourceIPAddress": event.get("sourceIPAddress"),
        "accessKeyId": event.deep_get("responseElements", "accessKey", "accessKeyId"),
    }
