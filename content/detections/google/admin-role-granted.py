from panther_google_workspace import actor, found, value

NAMES = {"ASSIGN_ROLE"}


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "admin", NAMES)


def title(event):
    return f"{value(hit(event) or {}, 'USER_EMAIL')} was given the role {value(hit(event) or {}, 'ROLE_NAME')} by {actor(event)}"


def alert_context(event):
    one = hit(event) or {}
    return {
        "actor": actor(event),
        "address": event.get("ipAddress"),
        "event": one.get("name"),
        "user": value(one, "USER_EMAIL") or value(one, "affected_email_address"),
    }
