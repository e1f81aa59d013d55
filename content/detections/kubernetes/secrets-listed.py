CONTROLLERS = ("system:kube-controller-manager", "system:apiserver", "system:serviceaccount:kube-system:", "system:node:", "eks:")


def rule(event):
    if event.deep_get("objectRef", "resource") != "secrets" or event.get("verb") not in {"list", "watch"}:
        return False
    if event.deep_get("user", "username", default="").startswith(CONTROLLERS):
        return False
    return event.deep_get("responseStatus", "code", default=0) == 200



def title(event):
    return f"Secrets listed by {event.deep_get('user', 'username', default='<unknown>')}"


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
