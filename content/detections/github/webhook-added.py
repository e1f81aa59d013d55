def rule(event):
    if event.get("action") not in {"hook.create", "hook.config_changed"}:
        return False
    return bool(address(event))


def address(event):
    return event.deep_get("config", "url") or ""


def title(event):
    return f"Webhook of {event.get('repo') or event.get('org')} sends to {address(event)}, set by {event.get('actor')}"


def alert_context(event):
    return {"actor": event.get("actor"), "address": event.get("actor_ip"), "url": address(event)}
