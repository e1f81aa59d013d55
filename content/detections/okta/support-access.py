EVENTS = {"user.session.impersonation.extend", "user.session.impersonation.grant", "user.session.impersonation.initiate"}


def rule(event):
    return event.get("eventType") in EVENTS and event.deep_get("outcome", "result") == "SUCCESS"


def title(event):
    return f"Access of support by {event.deep_get('actor', 'alternateId', default='<unknown>')}"


def alert_context(event):
    return {
        "actor": event.deep_get("actor", "alternateId"),
        "address": event.deep_get("client", "ipAddress"),
        "country": event.deep_get("client", "geographicalContext", "country"),
        "targets": [one.get("alternateId") or one.get("displayName") for one in event.get("target") or []],
    }
