import re

FAILED = re.compile(r"^Failed password for (?:invalid user )?(\S*) from (\S+) port")


def rule(event):
    if event.get("appname") != "sshd":
        return False
    return FAILED.match(event.get("message") or "") is not None


def title(event):
    return f"Many failed SSH sign-ins to {event.get('hostname')} from {parts(event)[1]}"


def alert_context(event):
    user, address = parts(event)
    return {"host": event.get("hostname"), "sourceIPAddress": address, "firstUser": user}


def parts(event):
    found = FAILED.match(event.get("message") or "")
    return found.groups() if found else ("<unknown>", "<unknown>")
