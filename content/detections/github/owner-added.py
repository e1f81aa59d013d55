def rule(event):
    if event.get("action") not in {"org.add_member", "org.update_member", "business.add_admin"}:
        return False
    return event.get("action") == "business.add_admin" or event.get("permission") == "admin"


def title(event):
    return f"{event.get('user', '<unknown>')} became an owner of {event.get('org') or event.get('business')}, by {event.get('actor')}"


def alert_context(event):
    return {"actor": event.get("actor"), "address": event.get("actor_ip"), "user": event.get("user")}
