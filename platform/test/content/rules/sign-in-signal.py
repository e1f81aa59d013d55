def rule(event):
    return event.get("action") == "signin"


def title(event):
    return f"{event.deep_get('actor', 'mail')} signed in"


def alert_context(event):
    return {"mail": event.deep_get("actor", "mail")}
