import re

GROUPS = re.compile(r"to (?:shadow )?group '?(?:admin|docker|root|sudo|wheel)'?")
ROOT = re.compile(r"new user: .*\bUID=0\b")


def rule(event):
    if event.get("appname") not in {"groupadd", "useradd", "usermod", "gpasswd", "adduser"}:
        return False
    message = event.get("message") or ""
    return GROUPS.search(message) is not None or ROOT.search(message) is not None



def title(event):
    return f"Administrator added on {event.get('hostname')}"


def alert_context(event):
    return {"host": event.get("hostname"), "message": event.get("message")}
