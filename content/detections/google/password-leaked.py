from panther_google_workspace import actor, found, value

NAMES = {"account_disabled_hijacked", "account_disabled_password_leak", "account_disabled_spamming", "account_disabled_spamming_through_relay"}


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "login", NAMES)


def title(event):
    return f"Account of {value(hit(event) or {}, 'affected_email_address') or actor(event)} disabled by Google"


def alert_context(event):
    one = hit(event) or {}
    return {
        "actor": actor(event),
        "address": event.get("ipAddress"),
        "event": one.get("name"),
        "user": value(one, "USER_EMAIL") or value(one, "affected_email_address"),
    }
