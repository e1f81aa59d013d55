SERVICES = ("ddns.net", "duckdns.org", "dynu.net", "hopto.org", "myftp.org", "no-ip.org", "serveo.net", "sytes.net", "zapto.org")


def rule(event):
    if event.deep_get("dns", "type") == "answer":
        return False
    return asked(event).endswith(tuple("." + service for service in SERVICES))



def title(event):
    return f"{client(event)} asks for {asked(event)}"


def alert_context(event):
    return {"client": client(event), "name": asked(event), "type": event.deep_get("dns", "rrtype") or event.get("qtype_name")}


def asked(event):
    return (event.deep_get("dns", "rrname") or event.get("query") or "").lower().rstrip(".")


def client(event):
    return event.get("src_ip") or event.get("id_orig_h") or "<unknown client>"
