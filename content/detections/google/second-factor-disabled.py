from panther_google_workspace import actor, found, value


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "user_accounts", {"2sv_disable"}) or found(event, "admin", {"TURN_OFF_2_STEP_VERIFICATION"})


def user(event):
    return value(hit(event) or {}, "USER_EMAIL") or actor(event)


def title(event):
    return f"Two-step verification of {user(event)} switched off"


def dedup(event):
    return user(event)


def alert_context(event):
    return {"actor": actor(event), "address": event.get("ipAddress"), "user": user(event)}
