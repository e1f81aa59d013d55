AGENTS = ("kube-system", "amazon-cloudwatch", "calico-system")
HOST = ("hostIPC", "hostNetwork", "hostPID")


def rule(event):
    if event.deep_get("objectRef", "resource") != "pods" or event.get("verb") != "create":
        return False
    if event.deep_get("objectRef", "subresource") is not None or event.deep_get("objectRef", "namespace") in AGENTS:
        return False
    if event.get("stage") != "ResponseComplete" or event.deep_get("responseStatus", "code", default=0) >= 300:
        return False
    return len(reasons(event)) > 0


def reasons(event):
    spec = event.deep_get("requestObject", "spec", default={})
    found = [name for name in HOST if spec.get(name) is True]
    for container in list(spec.get("containers") or []) + list(spec.get("initContainers") or []):
        context = container.get("securityContext") or {}
        if context.get("privileged") is True:
            found.append(f"{container.get('name')} is privileged")
    for volume in spec.get("volumes") or []:
        if volume.get("hostPath") is not None:
            found.append(f"mounts {volume.get('hostPath').get('path')} of the node")
    return found


def title(event):
    pod = event.deep_get("objectRef", "name") or event.deep_get("requestObject", "metadata", "generateName", default="")
    return f"Pod {event.deep_get('objectRef', 'namespace')}/{pod} has the rights of its node"


def alert_context(event):
    return {
        "user": event.deep_get("user", "username"),
        "addresses": list(event.get("sourceIPs") or []),
        "reasons": reasons(event),
    }
