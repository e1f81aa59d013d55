from panther_google_workspace import actor, found, value

NAMES = {"gov_attack_warning"}


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "login", NAMES)


def title(event):
    return f"Government-backed attack on {actor(event)}"


def alert_context(event):
    one = hit(event) or {}
    return {
        "actor": actor(event),
        "address": event.get("ipAddress"),
        "event": one.get("name"),
        "user": value(one, "USER_EMAIL") or value(one, "affected_email_address"),
    }
