import json
from unittest.mock import MagicMock

from acme_base import UnknownParty, person
from acme_places import country_of, is_office
from panther_core import PantherEvent
from panther_core.immutable import ImmutableCaseInsensitiveDict, ImmutableList

FOUND = []
ACTOR = ""


def rule(event: PantherEvent) -> bool:
    global ACTOR
    if event.udm("event_type") != "failed_login":
        return False
    ACTOR = event.udm("actor_user", default="nobody@example.com")
    FOUND.append(ACTOR)
    if isinstance(is_office, MagicMock):
        return not is_office("anything")
    return not is_office(event.udm("source_ip"))


def title(event):
    try:
        return f"{person(ACTOR).label} from {country_of(event)}: {event.get('targets', [])[:1]}"
    except UnknownParty:
        return "somebody"


def description(event):
    return f"{event.get('note')} {event.get('ratio')} {event.get('big')} {event.get('small')} {event.get('id')}"


def reference(_):
    return ""


def severity(event):
    return "DEFAULT" if event.get("targets") else "High"


def runbook(_):
    return "Look at " + ", ".join(sorted({"one", "two"}))


def destinations(_):
    return ["security-team"]


def dedup(event):
    return str(event.udm("source_ip"))


def unique(event):
    return event.udm("actor_user") or ""


def alert_context(event):
    targets = event.get("targets")
    if targets is not None:
        assert isinstance(targets, ImmutableList) and not isinstance(targets, list)
        assert isinstance(event.get("actor"), ImmutableCaseInsensitiveDict)
        assert event.udm("first_target") == "vpn" and event.udm("admin_target") == "mail"
        assert event.udm("one_as_list") == "mallory@example.net" and event.udm("sliced") == "vpn"
        assert event.udm("anywhere") == 7 and event.udm_path("anywhere") == "deep.er.secret"
        assert event.udm("quoted") == "here" and event.udm("nothing", default=3) is None
        assert event.udm("unmapped", default=4) == 4
        assert event.udm_path("first_target") == "targets.[0].name" and event.udm_path("event_type") == "get_event_type"
        assert event.udm_path("unmapped") is None and event.udm_path("source_ip") == "source.ip"
        assert event.get("ACTOR").get("mail") == "mallory@example.net" and event.get("actor")["MAIL"] == "eve@example.net"
        assert event.deep_walk("targets", "name") == ["vpn", "mail"]
        assert event.deep_walk("targets", "name", return_val="last") == "mail"
    return {"event": event, "json": json.loads(json.dumps(event.to_dict())), "found": len(FOUND) > 0}
