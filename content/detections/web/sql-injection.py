import re
from urllib.parse import unquote_plus

SQL = re.compile(
    r"union\s+(all\s+)?select|select\s.+\sfrom\s+information_schema|'\s*or\s+'?\d+'?\s*=\s*'?\d|"
    r"sleep\(\d+\)|benchmark\(\d+|waitfor\s+delay|pg_sleep\(|;\s*drop\s+table",
    re.IGNORECASE,
)


def rule(event):
    target = requested(event)
    if "?" not in target and "%" not in target:
        return False
    return SQL.search(unquote_plus(target)) is not None


def severity(event):
    # What fails on it does not escape it.
    return "HIGH" if status(event) == 500 else "DEFAULT"



def title(event):
    return f"SQL in requests of {client(event)}"


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
