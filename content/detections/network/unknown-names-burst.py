LOCAL = (".arpa", ".corp", ".home", ".internal", ".lan", ".local", ".localdomain")


def rule(event):
    if event.get("rcode_name") != "NXDOMAIN":
        return False
    name = asked(event)
    return "." in name and not name.endswith(LOCAL)


def unique(event):
    return asked(event)


def dedup(event):
    return client(event)



def title(event):
    return f"{client(event)} asks for many names that do not exist"


def alert_context(event):
    return {"client": client(event), "name": asked(event), "type": event.deep_get("dns", "rrtype") or event.get("qtype_name")}


def asked(event):
    return (event.deep_get("dns", "rrname") or event.get("query") or "").lower().rstrip(".")


def client(event):
    return event.get("src_ip") or event.get("id_orig_h") or "<unknown client>"
