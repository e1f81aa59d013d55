def rule(event):
    if event.get("eventName") != "ConsoleLogin":
        return False
    return event.deep_get("responseElements", "ConsoleLogin") == "Failure"


def title(event):
    return f"Many failed sign-ins to AWS account {event.get('recipientAccountId')} from {event.get('sourceIPAddress')}"


def dedup(event):
    return event.get("sourceIPAddress") or ""


def alert_context(event):
    return {
        "sourceIPAddress": event.get("sourceIPAddress"),
        "firstUser": event.deep_get("userIdentity", "userName"),
        "reason": event.get("errorMessage"),
    }
