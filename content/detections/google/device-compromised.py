from panther_google_workspace import actor, found, value


def rule(event):
    return hit(event) is not None


def hit(event):
    return found(event, "mobile", {"DEVICE_COMPROMISED_EVENT"}, lambda one: value(one, "DEVICE_COMPROMISED_STATE") == "COMPROMISED")


def title(event):
    return f"Device of {value(hit(event) or {}, 'USER_EMAIL') or actor(event)} is compromised"


def alert_context(event):
    one = hit(event) or {}
    return {"user": value(one, "USER_EMAIL"), "device": value(one, "DEVICE_MODEL"), "deviceId": value(one, "DEVICE_ID")}
