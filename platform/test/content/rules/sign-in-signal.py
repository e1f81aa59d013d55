def rule(event):
    return event.get("action") == "signin"


def title(event):
    return event.get("no such field")


def alert_context(event):
    return {"mail": event.deep_get("actor", "mail")}
