def found(event, application, names, accepts=None):
    """The first of the activity's events that has one of the names and is accepted, or None."""
    if event.deep_get("id", "applicationName") != application:
        return None
    for one in event.get("events") or []:
        if one.get("name") in names and (accepts is None or accepts(one)):
            return one
    return None


def value(one, name):
    """What an event's parameter holds, whatever its type."""
    for parameter in one.get("parameters") or []:
        if parameter.get("name") != name:
            continue
        for kind in ("value", "multiValue", "boolValue", "intValue", "multiIntValue"):
            if parameter.get(kind) is not None:
                return parameter.get(kind)
    return None


def actor(event):
    return event.deep_get("actor", "email") or event.deep_get("actor", "key") or "<unknown>"
