PORTS = {22, 23, 135, 445, 1433, 1521, 2375, 2379, 3306, 3389, 5432, 5900, 5985, 6379, 6443, 9200, 11211, 27017}
WORLD = {"0.0.0.0/0", "::/0"}


def rule(event):
    if event.get("eventName") != "AuthorizeSecurityGroupIngress" or event.get("errorCode") is not None:
        return False
    permissions = event.deep_get("requestParameters", "ipPermissions", "items", default=[])
    return any(is_open(permission) and has_port(permission) for permission in permissions)


def is_open(permission):
    ranges = permission.get("ipRanges") or {}
    ranges6 = permission.get("ipv6Ranges") or {}
    addresses = [one.get("cidrIp") for one in ranges.get("items") or []]
    addresses += [one.get("cidrIpv6") for one in ranges6.get("items") or []]
    return any(address in WORLD for address in addresses)


def has_port(permission):
    if str(permission.get("ipProtocol")) == "-1":
        return True
    first, last = permission.get("fromPort"), permission.get("toPort")
    if first is None or last is None:
        return False
    return any(first <= port <= last for port in PORTS)


def title(event):
    return f"Security group opened to the Internet by {event.deep_get('userIdentity', 'arn', default='<unknown>')} in AWS account {event.get('recipientAccountId')}"


def dedup(event):
    return event.deep_get("userIdentity", "arn", default="")


def alert_context(event):
    return {
        "actor": event.deep_get("userIdentity", "arn"),
        "sourceIPAddress": event.get("sourceIPAddress"),
        "userAgent": event.get("userAgent"),
        "region": event.get("awsRegion"),
        "request": event.get("requestParameters"),
    }
