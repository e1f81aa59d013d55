def rule(event):
    return event.get("action") in {"git.clone", "repo.download_zip"}


def unique(event):
    return str(event.get("repo"))


def dedup(event):
    return event.get("actor") or ""


def title(event):
    return f"{event.get('actor') or 'Somebody'} clones many repositories"


def alert_context(event):
    return {
        "actor": event.get("actor"),
        "address": event.get("actor_ip"),
        "access": event.get("programmatic_access_type") or event.get("transport_protocol_name"),
    }
