import json


def rule(event):
    if event.get("eventName") not in {"CreateRole", "UpdateAssumeRolePolicy"} or event.get("errorCode") is not None:
        return False
    return len(outsiders(event)) > 0


def outsiders(event):
    own = event.get("recipientAccountId") or ""
    request = event.get("requestParameters") or {}
    text = request.get("policyDocument") or request.get("assumeRolePolicyDocument") or "{}"
    try:
        statements = json.loads(text).get("Statement") or []
    except ValueError:
        return []
    if isinstance(statements, dict):
        statements = [statements]
    found = []
    for statement in statements:
        principal = statement.get("Principal")
        if statement.get("Effect") != "Allow" or principal is None:
            continue
        named = principal if isinstance(principal, str) else principal.get("AWS") or []
        for one in [named] if isinstance(named, str) else named:
            if own not in one:
                found.append(one)
    return found


def severity(event):
    return "CRITICAL" if "*" in outsiders(event) else "DEFAULT"


def title(event):
    name = event.deep_get("requestParameters", "roleName", default="<unknown>")
    return f"Role {name} of AWS account {event.get('recipientAccountId')} can be assumed by {', '.join(outsiders(event))}"


def alert_context(event):
    return {
        "actor": event.deep_get("userIdentity", "arn"),
        "sourceIPAddress": event.get("sourceIPAddress"),
        "role": event.deep_get("requestParameters", "roleName"),
        "outsiders": outsiders(event),
    }
