def rule(event):
    if event.get("eventType") != "user.session.start" or event.deep_get("outcome", "result") != "SUCCESS":
        return False
    return event.deep_get("securityContext", "isProxy") is True


def title(event):
    return f"Sign-in through a proxy by {event.deep_get('actor', 'alternateId', default='<unknown>')}"


def alert_context(event):
    return {
        "actor": event.deep_get("actor", "alternateId"),
        "address": event.deep_get("client", "ipAddress"),
        "country": event.deep_get("client", "geographicalContext", "country"),
        "targets": [one.get("alternateId") or one.get("displayName") for one in event.get("target") or []],
    }
