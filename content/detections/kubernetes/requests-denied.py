def rule(event):
    if event.get("stage") != "ResponseComplete":
        return False
    return event.deep_get("responseStatus", "code") == 403


def unique(event):
    return f"{event.get('verb')} {event.deep_get('objectRef', 'namespace')} {event.deep_get('objectRef', 'resource')}"



def title(event):
    return f"Many requests of {event.deep_get('user', 'username', default='<unknown>')} denied"


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
