SIGNS = ("authentication failure", "incorrect password attempt", "NOT in sudoers", "command not allowed")


def rule(event):
    if event.get("appname") != "sudo":
        return False
    message = event.get("message") or ""
    return any(sign in message for sign in SIGNS)



def title(event):
    return f"sudo refused on {event.get('hostname')}"


def alert_context(event):
    return {"host": event.get("hostname"), "message": event.get("message")}
