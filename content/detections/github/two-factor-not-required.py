ACTIONS = {
    "business.disable_saml",
    "business.disable_two_factor_requirement",
    "org.disable_saml",
    "org.disable_two_factor_requirement",
}


def rule(event):
    return event.get("action") in ACTIONS


def title(event):
    return f"Sign-in protection switched off for {event.get('org') or event.get('org') or ''} by {event.get('actor', '<unknown>')}"


def alert_context(event):
    return {
        "actor": event.get("actor"),
        "address": event.get("actor_ip"),
        "organisation": event.get("org"),
        "repository": event.get("repo"),
        "action": event.get("action"),
    }
