def rule(event):
    if event.get("eventSource") != "lambda.amazonaws.com" or event.get("errorCode") is not None:
        return False
    # Lambda writes the version of its API behind the names.
    name = event.get("eventName", "")
    request = event.get("requestParameters") or {}
    if name.startswith("AddPermission"):
        return request.get("principal") == "*" and not request.get("sourceArn") and not request.get("principalOrgID")
    if name.startswith(("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig")):
        return request.get("authType") == "NONE"
    return False


def title(event):
    return f"Lambda function made public by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


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
