def rule(event):
    if event.deep_get("objectRef", "resource") not in {"clusterrolebindings", "rolebindings"}:
        return False
    if event.get("verb") not in {"create", "patch", "update"} or not is_done(event):
        return False
    return event.deep_get("requestObject", "roleRef", "name") == "cluster-admin"


def is_done(event):
    return event.get("stage") == "ResponseComplete" and event.deep_get("responseStatus", "code", default=0) < 300



def title(event):
    return f"Role cluster-admin bound by {event.deep_get('user', 'username', default='<unknown>')}"


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
