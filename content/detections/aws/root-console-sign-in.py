def rule(event):
    if event.get("eventName") != "ConsoleLogin":
        return False
    if event.deep_get("userIdentity", "type") != "Root":
        return False
    return event.deep_get("responseElements", "ConsoleLogin") == "Success"


def title(event):
    return f"Root user of AWS account {event.get('recipientAccountId')} signed in to the console"


def dedup(event):
    return event.get("recipientAccountId") or ""


def severity(event):
    if event.deep_get("additionalEventData", "MFAUsed") != "Yes":
        return "CRITICAL"
    return "DEFAULT"


def alert_context(event):
    return {
        "account": event.get("recipientAccountId"),
        "sourceIPAddress": event.get("sourceIPAddress"),
        "userAgent": event.get("userAgent"),
        "mfaUsed": event.deep_get("additionalEventData", "MFAUsed"),
    }
