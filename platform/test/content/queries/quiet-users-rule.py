def rule(event):
    return event.get("events") == 0 and event.udm("actor_user", default="none") == "none"


def title(event):
    return f"{event['login']} is quiet"
