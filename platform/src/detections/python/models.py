"""Data models: what `event.udm(name)` stands for in each log type. Run after events.py and sandbox.py, in the same
namespace.
"""
import re as _panther_re


class Model:
    """The model of one log type. Its code is loaded when it is first needed."""

    def __init__(self, spec):
        self.id = spec["id"]
        self.file = spec["file"]
        self.body = spec["body"]
        mappings = spec["model"]["mappings"]
        self.paths = {one["name"]: one["steps"] for one in mappings if "steps" in one}
        self.methods = {one["name"]: one["method"] for one in mappings if "method" in one}
        self.module = None

    def has_path(self, name):
        return name in self.paths

    def has_method(self, name):
        return name in self.methods

    def method_name(self, name):
        return self.methods.get(name)

    def find(self, raw, name):
        """`[(path, value)]` of the one match, or `[]`."""
        found = follow(raw, self.paths[name])
        if len(found) > 1:
            raise PantherError(f"the path of {name!r} in the data model {self.id} matches {len(found)} values, expected one")
        return found

    def call(self, raw, name):
        if self.module is None:
            module = types.ModuleType("panther_model_" + self.id)
            module.__file__ = self.file
            run_module(module, self.body, self.file)
            self.module = module
        function = getattr(self.module, self.methods[name], None)
        if not callable(function):
            raise PantherError(f"the data model {self.id} has no function {self.methods[name]}")
        return function(ImmutableCaseInsensitiveDict(raw))


def follow(value, steps):
    """All `(path, value)` that JSON path steps lead to. Names are case-sensitive."""
    found = [("", value)]
    for step in steps:
        found = [hit for path, one in found for hit in apply_step(path, one, step)]
    return found


def apply_step(path, value, step):
    by = step["by"]
    if by == "fields":
        names = step["names"]
        return [(place_of(path, name), value[name]) for name in names if isinstance(value, dict) and name in value]
    if by == "every":
        return [(place_of(path, name), item) for name, item in value.items()] if isinstance(value, dict) else []
    if by == "inside":
        return list(inside(path, value))
    if by == "filter":
        found = elements(path, list(value.values()) if isinstance(value, dict) else value)
        return [(place, item) for place, item in found if all(passes(item, one) for one in step["all"])]
    if by == "slice":
        value = value if isinstance(value, list) else [] if value is None else [value]
    if not isinstance(value, (list, str)):
        return []
    if by == "slice":
        chosen = range(len(value))[slice(step["from"], step["to"], step["step"])]
    else:
        chosen = [index for index in step["indexes"] if -len(value) <= index < len(value)]
    return [(place_of(path, f"[{index}]"), value[index]) for index in chosen]


def elements(path, value):
    for index, item in enumerate(value if isinstance(value, list) else []):
        yield place_of(path, f"[{index}]"), item


def inside(path, value):
    yield path, value
    children = value.items() if isinstance(value, dict) else ()
    for name, item in children:
        yield from inside(place_of(path, name), item)
    for place, item in elements(path, value):
        yield from inside(place, item)


def passes(value, condition):
    found = [item for _, item in follow(value, condition["path"])]
    operator, wanted = condition["operator"], condition["value"]
    if operator is None:
        return bool(found)
    return any(compare(item, operator, wanted) for item in found)


def compare(value, operator, wanted):
    try:
        if type(wanted) is int:
            value = int(value)
        if operator == "==":
            return value == wanted
        if operator == "!=":
            return value != wanted
        if operator == "=~":
            return isinstance(value, str) and _panther_re.search(str(wanted), value) is not None
        return {"<": value < wanted, "<=": value <= wanted, ">": value > wanted, ">=": value >= wanted}[operator]
    except (TypeError, ValueError, OverflowError):
        return False


def place_of(path, name):
    return name if path == "" else f"{path}.{name}"


MODELS = {}


def set_models(specs):
    MODELS.clear()
    for spec in specs:
        MODELS[spec["model"]["logType"]] = Model(spec)


def model_for(raw):
    log_type = raw.get("p_log_type") if isinstance(raw, dict) else None
    return MODELS.get(log_type) if isinstance(log_type, str) else None
