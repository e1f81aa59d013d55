def rule(event):
    if event.get("eventSource") != "guardduty.amazonaws.com" or event.get("errorCode") is not None:
        return False
    if event.get("eventName") == "UpdateDetector":
        return event.deep_get("requestParameters", "enable") is False
    return event.get("eventName") in {
        "DeleteDetector",
        "DeleteMembers",
        "DisassociateFromAdministratorAccount",
        "DisassociateFromMasterAccount",
        "DisassociateMembers",
        "StopMonitoringMembers",
    }


def title(event):
    return f"GuardDuty disabled by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


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
