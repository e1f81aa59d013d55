def rule(event):
    if event.deep_get("objectRef", "resource") != "serviceaccounts" or event.deep_get("objectRef", "subresource") != "token":
        return False
    # Nodes and controllers make them for pods.
    return not event.deep_get("user", "username", default="").startswith("system:") and is_done(event)


def is_done(event):
    return event.get("stage") == "ResponseComplete" and event.deep_get("responseStatus", "code", default=0) < 300



def title(event):
    return f"Token of service account {event.deep_get('objectRef', 'name')} made by {event.deep_get('user', 'username', default='<unknown>')}"


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
