PROBES = (
    "/.env",
    "/.git/",
    "/.aws/",
    "/.ssh/",
    "/wp-login.php",
    "/wp-config",
    "/xmlrpc.php",
    "/phpmyadmin",
    "/cgi-bin/",
    "/actuator/",
    "/server-status",
    "/etc/passwd",
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
)


def rule(event):
    target = requested(event).lower()
    return any(probe in target for probe in PROBES)


def title(event):
    return f"Web server probed for weak spots by {client(event)}"


def severity(event):
    # What is answered is found.
    return "HIGH" if status(event) == 200 else "DEFAULT"


def dedup(event):
    return client(event)


def alert_context(event):
    return {
        "client": client(event),
        "firstRequest": requested(event),
        "status": status(event),
        "userAgent": event.get("httpUserAgent") or event.get("user_agent") or event.get("userAgent"),
        "host": event.get("domainName"),
    }


# nginx, Apache and the load balancer name the same things differently.
def requested(event):
    return event.get("request") or event.get("request_uri") or event.get("requestUrl") or ""


def client(event):
    address = event.get("remoteAddr") or event.get("remote_host_ip_address") or event.get("clientIp")
    return address or "<unknown client>"


def status(event):
    return event.get("status") or event.get("response_status") or event.get("elbStatusCode")
