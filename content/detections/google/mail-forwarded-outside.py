from panther_google_workspace import actor, found, value

NAMES = {"email_forwarding_out_of_domain"}


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "user_accounts", NAMES)


def title(event):
    return f"Mail of {actor(event)} forwarded to {value(hit(event) or {}, 'email_forwarding_destination_address')}"


def alert_context(event):
    one = hit(event) or {}
    return {
        "actor": actor(event),
        "address": event.get("ipAddress"),
        "event": one.get("name"),
        "user": value(one, "USER_EMAIL") or value(one, "affected_email_address"),
    }
