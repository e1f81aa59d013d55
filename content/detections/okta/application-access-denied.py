def rule(event):
    return event.get("eventType") == "app.generic.unauth_app_access_attempt"


def dedup(event):
    return event.deep_get("actor", "alternateId", default="")


def unique(event):
    return ",".join(str(one.get("id")) for one in event.get("target") or [])


def title(event):
    return f"Applications tried without access by {event.deep_get('actor', 'alternateId', default='<unknown>')}"


def alert_context(event):
    return {
        "actor": event.deep_get("actor", "alternateId"),
        "address": event.deep_get("client", "ipAddress"),
        "country": event.deep_get("client", "geographicalContext", "country"),
        "targets": [one.get("alternateId") or one.get("displayName") for one in event.get("target") or []],
    }
