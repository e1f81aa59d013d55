import re

LOOKUP = re.compile(r"\$\{\s*(?:jndi|[^}]*\$\{[^}]*:-?j|[^}]*lower:j|[^}]*upper:j)", re.IGNORECASE)


def rule(event):
    text = " ".join([requested(event), agent(event), event.get("httpReferer") or event.get("referer") or ""])
    if "${" not in text and "%7b" not in text.lower():
        return False
    return LOOKUP.search(text.replace("%7B", "{").replace("%7b", "{").replace("%24", "$")) is not None



def title(event):
    return f"Lookup for Log4j from {client(event)}"


def dedup(event):
    return client(event)


def alert_context(event):
    return {"client": client(event), "firstRequest": requested(event), "status": status(event), "userAgent": agent(event)}


# nginx, Apache and the load balancer name the same things differently.
def requested(event):
    return event.get("request") or event.get("request_uri") or event.get("requestUrl") or ""


def client(event):
    address = event.get("remoteAddr") or event.get("remote_host_ip_address") or event.get("clientIp")
    return address or "<unknown client>"


def status(event):
    return event.get("status") or event.get("response_status") or event.get("elbStatusCode")


def agent(event):
    return event.get("httpUserAgent") or event.get("user_agent") or event.get("userAgent") or ""
