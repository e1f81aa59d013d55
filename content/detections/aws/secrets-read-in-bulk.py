def rule(event):
    if event.get("errorCode") is not None:
        return False
    name = event.get("eventName")
    if name in {"GetSecretValue", "BatchGetSecretValue"}:
        return True
    if name in {"GetParameter", "GetParameters", "GetParametersByPath"}:
        return event.deep_get("requestParameters", "withDecryption") is True
    return False


def unique(event):
    request = event.get("requestParameters") or {}
    return str(request.get("secretId") or request.get("name") or request.get("names") or request.get("path") or "")


def title(event):
    return f"Many secrets read by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


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
