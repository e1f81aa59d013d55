from panther_google_workspace import actor, found, value

NAMES = {"AUTHORIZE_API_CLIENT_ACCESS"}


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "admin", NAMES)


def title(event):
    return f"{value(hit(event) or {}, 'API_CLIENT_NAME') or 'An application'} may act as every user, set by {actor(event)}"


def alert_context(event):
    one = hit(event) or {}
    return {
        "actor": actor(event),
        "address": event.get("ipAddress"),
        "event": one.get("name"),
        "user": value(one, "USER_EMAIL") or value(one, "affected_email_address"),
    }
