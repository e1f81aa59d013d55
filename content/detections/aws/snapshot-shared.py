EVENTS = {"ModifySnapshotAttribute", "ModifyImageAttribute", "ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute"}


def rule(event):
    if event.get("eventName") not in EVENTS or event.get("errorCode") is not None:
        return False
    if "all" in event.deep_get("requestParameters", "valuesToAdd", default=[]):
        return True
    return any(one.get("group") == "all" for one in added(event, "createVolumePermission") + added(event, "launchPermission"))


def added(event, name):
    return list(event.deep_get("requestParameters", name, "add", "items", default=[]))


def title(event):
    return f"Snapshot or image made public by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


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
