def rule(event):
    if event.get("eventName") != "CreateAccessKey":
        return False
    if event.get("errorCode"):
        return False
    # Without a name the key is for the caller.
    owner = event.deep_get("requestParameters", "userName")
    return bool(owner) and owner != event.deep_get("userIdentity", "userName")


def title(event):
    owner = event.deep_get("requestParameters", "userName")
    return f"Access key created for {owner} in AWS account {event.get('recipientAccountId')} by {actor(event)}"


def alert_context(event):
    return {
        "actor": event.deep_get("userIdentity", "arn"),
        "owner": event.deep_get("requestParameters", "userName"),
        "accessKeyId": event.deep_get("responseElements", "accessKey", "accessKeyId"),
        "sourceIPAddress": event.get("sourceIPAddress"),
    }


def actor(event):
    name = event.deep_get("userIdentity", "userName")
    return name or event.deep_get("userIdentity", "arn", default="<unknown>")
