ACTIONS = {
    "protected_branch.destroy",
    "protected_branch.policy_override",
    "repository_ruleset.destroy",
}


def rule(event):
    return event.get("action") in ACTIONS


def title(event):
    return f"Branch protection removed in {event.get('repo') or event.get('org') or ''} by {event.get('actor', '<unknown>')}"


def alert_context(event):
    return {
        "actor": event.get("actor"),
        "address": event.get("actor_ip"),
        "organisation": event.get("org"),
        "repository": event.get("repo"),
        "action": event.get("action"),
    }
