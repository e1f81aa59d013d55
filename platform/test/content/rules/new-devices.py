import json
from unittest.mock import MagicMock

from panther_detection_helpers.caching import get_string_set, put_string_set

LIMITS = {"devices": 0}


def rule(event):
    global LIMITS
    if isinstance(LIMITS, MagicMock):
        LIMITS = json.loads(LIMITS())
    known = get_string_set(event.get("user"))
    if isinstance(known, str):
        try:
            known = set(json.loads(known))
        except json.decoder.JSONDecodeError:
            known = set()
    if event.get("device") in known or len(known) > LIMITS["devices"]:
        return False
    put_string_set(event.get("user"), [event.get("device"), *known])
    return True
