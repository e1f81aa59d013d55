def rule(event):
    if event.get("eventSource") != "s3.amazonaws.com" or event.get("errorCode") is not None:
        return False
    if event.get("eventName") == "PutBucketVersioning":
        return event.deep_get("requestParameters", "VersioningConfiguration", "Status") == "Suspended"
    return event.get("eventName") in {"DeleteBucketEncryption", "DeleteBucketPolicy"}


def title(event):
    return f"Protection of a bucket reduced by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


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
