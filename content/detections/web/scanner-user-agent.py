TOOLS = (
    "acunetix",
    "dirbuster",
    "feroxbuster",
    "ffuf",
    "gobuster",
    "hydra",
    "masscan",
    "nessus",
    "nikto",
    "nmap scripting engine",
    "nuclei",
    "sqlmap",
    "wfuzz",
    "wpscan",
    "zgrab",
)


def rule(event):
    name = agent(event).lower()
    return any(tool in name for tool in TOOLS)



def title(event):
    return f"Attack tool used by {client(event)}"


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
