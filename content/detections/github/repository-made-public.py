def rule(event):
    return event.get("action") == "repo.access" and event.get("visibility") == "public"


def title(event):
    return f"Repository made public: {event.get('repo') or event.get('org') or ''} by {event.get('actor', '<unknown>')}"


def alert_context(event):
    return {
        "actor": event.get("actor"),
        "address": event.get("actor_ip"),
        "organisation": event.get("org"),
        "repository": event.get("repo"),
        "action": event.get("action"),
    }
