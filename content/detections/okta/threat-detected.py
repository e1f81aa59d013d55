EVENTS = {"security.threat.detected", "user.account.report_suspicious_activity_by_enduser"}


def rule(event):
    return event.get("eventType") in EVENTS


def severity(event):
    return "HIGH" if event.get("eventType", "").startswith("user.") else "DEFAULT"


def title(event):
    if event.get("eventType", "").startswith("user."):
        return f"{event.deep_get('actor', 'alternateId', default='A user')} reported an activity that was not theirs"
    return f"Okta saw an attack from {event.deep_get('client', 'ipAddress', default='<unknown address>')}"


def alert_context(event):
    return {
        "actor": event.deep_get("actor", "alternateId"),
        "address": event.deep_get("client", "ipAddress"),
        "reason": event.deep_get("outcome", "reason"),
    }
