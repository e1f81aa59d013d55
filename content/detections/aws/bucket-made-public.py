OPEN_ACLS = {"public-read", "public-read-write", "authenticated-read"}
EVERYBODY = ("http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers")
SETTINGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def rule(event):
    if event.get("eventSource") != "s3.amazonaws.com" or event.get("errorCode") is not None:
        return False
    name = event.get("eventName")
    request = event.get("requestParameters") or {}
    if name in {"DeleteBucketPublicAccessBlock", "DeleteAccountPublicAccessBlock"}:
        return True
    if name in {"PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"}:
        settings = request.get("PublicAccessBlockConfiguration") or {}
        return any(settings.get(setting) is False for setting in SETTINGS)
    if name != "PutBucketAcl":
        return False
    acl = request.get("x-amz-acl") or []
    return any(one in OPEN_ACLS for one in ([acl] if isinstance(acl, str) else acl)) or any(
        group in str(request.get("AccessControlPolicy")) for group in EVERYBODY
    )


def title(event):
    bucket = event.deep_get("requestParameters", "bucketName", default="every bucket of the account")
    return f"S3 public access opened for {bucket} in AWS account {event.get('recipientAccountId')}"


def alert_context(event):
    return {
        "actor": event.deep_get("userIdentity", "arn"),
        "sourceIPAddress": event.get("sourceIPAddress"),
        "bucket": event.deep_get("requestParameters", "bucketName"),
        "event": event.get("eventName"),
    }
