def rule(event):
    if event.deep_get("objectRef", "resource") != "pods" or event.get("verb") not in {"create", "get"}:
        return False
    if event.deep_get("objectRef", "subresource") not in {"attach", "exec"}:
        return False
    return event.get("stage") in {"ResponseStarted", "ResponseComplete"} and event.deep_get("responseStatus", "code", default=0) < 400



def title(event):
    return f"Shell in pod {event.deep_get('objectRef', 'namespace')}/{event.deep_get('objectRef', 'name')} by {event.deep_get('user', 'username', default='<unknown>')}"


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
