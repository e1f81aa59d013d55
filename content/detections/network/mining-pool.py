POOLS = (
    "2miners.com",
    "ethermine.org",
    "f2pool.com",
    "hashvault.pro",
    "herominers.com",
    "minexmr.com",
    "moneroocean.stream",
    "nanopool.org",
    "nicehash.com",
    "supportxmr.com",
    "unmineable.com",
    "xmrpool.eu",
)


def rule(event):
    if event.deep_get("dns", "type") == "answer":
        return False
    name = asked(event)
    return any(name == pool or name.endswith("." + pool) for pool in POOLS)


def dedup(event):
    return client(event)



def title(event):
    return f"{client(event)} asks for the mining pool {asked(event)}"


def alert_context(event):
    return {"client": client(event), "name": asked(event), "type": event.deep_get("dns", "rrtype") or event.get("qtype_name")}


def asked(event):
    return (event.deep_get("dns", "rrname") or event.get("query") or "").lower().rstrip(".")


def client(event):
    return event.get("src_ip") or event.get("id_orig_h") or "<unknown client>"
