SIGN_INS = ("user.session.start", "user.authentication.auth_via_mfa")


def rule(event):
    if event.get("eventType") not in SIGN_INS:
        return False
    return event.deep_get("outcome", "result") == "FAILURE"


def title(event):
    return f"Many failed sign-ins to Okta from {event.deep_get('client', 'ipAddress', default='<unknown address>')}"


def alert_context(event):
    return {
        "sourceIPAddress": event.deep_get("client", "ipAddress"),
        "country": event.deep_get("client", "geographicalContext", "country"),
        "firstUser": event.deep_get("actor", "alternateId"),
        "reason": event.deep_get("outcome", "reason"),
    }
