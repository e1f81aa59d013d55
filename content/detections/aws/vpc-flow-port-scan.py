FIRST_EPHEMERAL_PORT = 32768


def rule(event):
    if event.get("action") != "REJECT":
        return False
    if event.get("protocol") not in (6, 17):
        return False
    # Late answers of servers are rejected as well; they come from a low port and go to a high one.
    source = event.get("srcPort") or 0
    return source >= 1024 and (event.get("dstPort") or 0) < FIRST_EPHEMERAL_PORT


def title(event):
    return f"Port scan from {event.get('srcAddr')} against {event.get('dstAddr')}"


def alert_context(event):
    return {
        "source": event.get("srcAddr"),
        "target": event.get("dstAddr"),
        "interface": event.get("interfaceId"),
        "account": event.get("account"),
        "firstPort": event.get("dstPort"),
    }
