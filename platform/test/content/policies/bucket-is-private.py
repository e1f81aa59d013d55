PUBLIC_TEAMS = None


def policy(resource):
    assert type(resource) is dict and isinstance(resource["Grants"], list)
    assert "grants" not in resource
    if PUBLIC_TEAMS and (resource["Tags"] or {}).get("Team") in PUBLIC_TEAMS():
        return True
    return all(grant["Grantee"] == "owner" for grant in resource["Grants"])


def title(resource):
    return f"public bucket of {resource['Tags']['Team']}"


def severity(_):
    return "critical"
