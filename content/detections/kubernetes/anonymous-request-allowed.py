HARMLESS = ("/healthz", "/livez", "/readyz", "/version", "/openid/v1/jwks", "/.well-known/")


def rule(event):
    if event.deep_get("user", "username") != "system:anonymous":
        return False
    if event.get("requestURI", "").startswith(HARMLESS):
        return False
    code = event.deep_get("responseStatus", "code", default=0)
    return 200 <= code < 300



def title(event):
    return f"Anonymous request to {event.get('requestURI')} allowed"


def dedup(event):
    return event.deep_get("user", "username", default="")


def alert_context(event):
    return {
        "user": event.deep_get("user", "username"),
        "addresses": list(event.get("sourceIPs") or []),
        "userAgent": event.get("userAgent"),
        "namespace": event.deep_get("objectRef", "namespace"),
        "object": event.deep_get("objectRef", "name"),
    }
