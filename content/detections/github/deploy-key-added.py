def rule(event):
    if event.get("action") not in {"public_key.create", "deploy_key.create"}:
        return False
    return str(event.get("read_only")).lower() != "true"


def title(event):
    return f"Deploy key added to {event.get('repo') or event.get('org') or ''} by {event.get('actor', '<unknown>')}"


def alert_context(event):
    return {
        "actor": event.get("actor"),
        "address": event.get("actor_ip"),
        "organisation": event.get("org"),
        "repository": event.get("repo"),
        "action": event.get("action"),
    }
