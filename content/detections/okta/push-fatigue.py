def rule(event):
    if event.get("eventType") == "user.mfa.okta_verify.deny_push":
        return True
    if event.get("eventType") != "user.authentication.auth_via_mfa":
        return False
    factor = event.deep_get("debugContext", "debugData", "factor", default="")
    return event.deep_get("outcome", "result") == "FAILURE" and "PUSH" in str(factor).upper()


def title(event):
    return f"{event.deep_get('actor', 'alternateId', default='<unknown>')} is flooded with sign-in requests"


def dedup(event):
    return event.deep_get("actor", "alternateId", default="")


def alert_context(event):
    return {
        "user": event.deep_get("actor", "alternateId"),
        "address": event.deep_get("client", "ipAddress"),
        "country": event.deep_get("client", "geographicalContext", "country"),
    }
