"""Events as Python rules see them, following the panther_core library: values of exact type dict and list are wrapped
on access; keys are looked up as written, then ignoring case; nothing can be changed.
"""
from abc import ABCMeta
from collections.abc import Mapping, Sequence

MISSING = object()


class Sealed(ABCMeta):
    """Classes that rules cannot change."""

    def __setattr__(cls, name, value):
        if "_panther_sealed" in cls.__dict__:
            raise TypeError(f"{cls.__name__} is immutable")
        super().__setattr__(name, value)

    def __delattr__(cls, name):
        raise TypeError(f"{cls.__name__} is immutable")


class PantherError(Exception):
    pass


def wrap(value):
    kind = type(value)
    if kind is dict:
        return ImmutableCaseInsensitiveDict(value)
    if kind is list:
        return ImmutableList(value)
    return value


def unwrap(value):
    if isinstance(value, (ImmutableCaseInsensitiveDict, ImmutableList)):
        return value._panther_raw
    if isinstance(value, Mapping):
        return {key: unwrap(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [unwrap(item) for item in value]
    return value


def copy_of(value):
    if type(value) is dict:
        return {key: copy_of(item) for key, item in value.items()}
    if type(value) is list:
        return [copy_of(item) for item in value]
    return value


class ImmutableCaseInsensitiveDict(Mapping, metaclass=Sealed):
    __slots__ = ("_panther_raw", "_panther_lower")
    __hash__ = None

    def __new__(cls, raw):
        self = object.__new__(cls)
        object.__setattr__(self, "_panther_raw", raw)
        object.__setattr__(self, "_panther_lower", None)
        return self

    def __setattr__(self, name, value):
        raise TypeError(f"{type(self).__name__} is immutable")

    def _find(self, key):
        raw = self._panther_raw
        if key in raw:
            return raw[key]
        if not isinstance(key, str):
            return MISSING
        lower = self._panther_lower
        if lower is None:
            lower = {}
            for name in raw:
                lower.setdefault(name.lower(), name)
            object.__setattr__(self, "_panther_lower", lower)
        name = lower.get(key.lower(), MISSING)
        return MISSING if name is MISSING else raw[name]

    def __getitem__(self, key):
        value = self._find(key)
        if value is MISSING:
            raise KeyError(key)
        return wrap(value)

    def get(self, key, default=None):
        value = self._find(key)
        return default if value is MISSING else wrap(value)

    def __contains__(self, key):
        return self._find(key) is not MISSING

    def __iter__(self):
        return iter(self._panther_raw)

    def __len__(self):
        return len(self._panther_raw)

    def __eq__(self, other):
        return self._panther_raw == unwrap(other)

    def __repr__(self):
        return f"{type(self).__name__}({self._panther_raw!r})"

    def to_dict(self):
        return copy_of(self._panther_raw)

    copy = to_dict


class ImmutableList(Sequence, metaclass=Sealed):
    __slots__ = ("_panther_raw",)
    __hash__ = None

    def __new__(cls, raw):
        self = object.__new__(cls)
        object.__setattr__(self, "_panther_raw", raw)
        return self

    def __setattr__(self, name, value):
        raise TypeError("ImmutableList is immutable")

    def __getitem__(self, index):
        value = self._panther_raw[index]
        return tuple(copy_of(item) for item in value) if isinstance(index, slice) else wrap(value)

    def __len__(self):
        return len(self._panther_raw)

    def __eq__(self, other):
        if not isinstance(other, (list, tuple, ImmutableList)):
            return False
        return self._panther_raw == list(unwrap(other))

    def __repr__(self):
        return f"ImmutableList({tuple(self._panther_raw)!r})"

    def copy(self):
        return copy_of(self._panther_raw)

    as_list = copy


class PantherEvent(ImmutableCaseInsensitiveDict):
    __slots__ = ("_panther_model",)

    def __new__(cls, raw, model=None):
        self = super().__new__(cls, raw)
        object.__setattr__(self, "_panther_model", model)
        return self

    def deep_get(self, *keys, default=None):
        current = self
        for key in keys:
            current = current.get(key, default) if isinstance(current, Mapping) else default
        return default if current is None else current

    def deep_walk(self, *keys, default=None, return_val="all"):
        return deep_walk(self._panther_raw, keys, default, return_val)

    def udm(self, *keys, default=None):
        model = self._panther_model
        if len(keys) == 1 and model is not None:
            if model.has_path(keys[0]):
                found = model.find(self._panther_raw, keys[0])
                if found:
                    return wrap(found[0][1])
                return default
            if model.has_method(keys[0]):
                return wrap(model.call(self._panther_raw, keys[0]))
        for path in (("p_udm", *keys), keys):
            value = self.deep_get(*path)
            if value:
                return value
        return default

    def udm_path(self, key):
        model = self._panther_model
        if model is None:
            raise PantherError(f"there is no data model for the log type {self.get('p_log_type')!r}")
        if model.has_path(key):
            found = model.find(self._panther_raw, key)
            return found[0][0] if found else None
        return model.method_name(key)

    def lookup(self, table, key):
        if "_mocked_lookup_data_" in self:
            return self.deep_get("_mocked_lookup_data_", table, key)
        return wrap(find_row(table, key))

    def event_time_epoch(self, force_utc=True):
        from datetime import datetime, timezone

        text = self.get("p_event_time")
        if not text:
            return 0
        if not isinstance(text, str):
            raise TypeError(f"p_event_time must be a str, not {type(text).__name__}")
        try:
            text = text[:26]
            return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())
        except ValueError:
            return 0


def is_empty(value):
    if value is None:
        return True
    return isinstance(value, (list, tuple)) and all(is_empty(item) for item in value)


def deep_walk(value, keys, default, return_val):
    if not keys:
        return default if is_empty(value) else copy_of(value)
    if isinstance(value, Mapping):
        return deep_walk(value.get(keys[0], default), keys[1:], default, return_val)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return default
    found = {}
    for item in value:
        hit = deep_walk(item, keys, default, return_val)
        if hit is None:
            continue
        hits = hit if isinstance(hit, Sequence) and not isinstance(hit, str) else [hit]
        for one in hits:
            found.setdefault(one, None)
    values = list(found)
    if not values:
        return default
    if return_val == "first":
        return values[0]
    if return_val == "last":
        return values[-1]
    if return_val != "all":
        return "all"
    return values[0] if len(values) == 1 else values


for _panther_class in (ImmutableCaseInsensitiveDict, ImmutableList, PantherEvent):
    _panther_class._panther_sealed = True
