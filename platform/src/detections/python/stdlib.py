"""Parts of the standard library as detections have them, where the real ones change what is shared: classes of others,
registers, caches that are looked up by objects with a mind of their own. Run after sandbox.py.
"""
import calendar as _calendar
import dataclasses as _dataclasses
import decimal as _decimal
import enum as _enum
import fnmatch as _fnmatch
import functools as _functools
import ipaddress as _ipaddress
import re as _re
import typing as _typing
import urllib.parse as _urllib_parse
import uuid as _uuid
from datetime import timezone as _timezone

import _strptime

IMMUTABLE_OBJECTS = (_timezone, _uuid.UUID, _enum.Enum)

ALLOWED.update({
    "calendar": ("setfirstweekday",),
    "csv": ("register_dialect", "unregister_dialect", "field_size_limit"),
    "dataclasses": ("make_dataclass",),
    "decimal": ("setcontext",),
    "enum": ("global_enum", "global_enum_repr", "global_flag_repr", "global_str", "EnumType", "EnumMeta"),
    "time": ("tzset",),
    "typing": (*ALLOWED["typing"], "overload", "get_overloads", "clear_overloads", "no_type_check", "no_type_check_decorator"),
})


# ---- functions that change classes ----------------------------------------------------------------------------------


def on_own_class(real):
    def decorate(cls, *arguments, **named):
        return real(owned(cls), *arguments, **named)

    return decorate


def dataclass(cls=None, /, **named):
    decorate = _dataclasses.dataclass(**named)
    if cls is None:
        return lambda one: decorate_in(decorate, one, sys._getframe(1).f_globals)
    return decorate_in(decorate, cls, sys._getframe(1).f_globals)


def decorate_in(decorate, cls, names):
    """The library looks up what annotations that are texts name in the module of the class, where ours are not."""
    module_name = cls.__module__
    if type(module_name) is not str or module_name in sys.modules:
        return decorate(owned(cls))
    module = sys.modules[module_name] = types.ModuleType(module_name)
    vars(module).update(names)
    try:
        return decorate(owned(cls))
    finally:
        del sys.modules[module_name]


def update_wrapper(wrapper, wrapped, assigned=_functools.WRAPPER_ASSIGNMENTS, updated=_functools.WRAPPER_UPDATES):
    names = [str.__str__(name) for name in assigned if name in _functools.WRAPPER_ASSIGNMENTS]
    return _functools.update_wrapper(owned(wrapper), wrapped, names, ())


def wraps(wrapped, assigned=_functools.WRAPPER_ASSIGNMENTS, updated=_functools.WRAPPER_UPDATES):
    return lambda wrapper: update_wrapper(wrapper, wrapped, assigned, updated)


def no_sleep(_seconds):
    raise PermissionError("detections cannot wait")


REPLACED.update({
    ("calendar", "day_abbr"): tuple(_calendar.day_abbr),
    ("calendar", "day_name"): tuple(_calendar.day_name),
    ("calendar", "month_abbr"): tuple(_calendar.month_abbr),
    ("calendar", "month_name"): tuple(_calendar.month_name),
    ("dataclasses", "dataclass"): dataclass,
    ("dataclasses", "KW_ONLY"): _dataclasses.KW_ONLY,
    ("dataclasses", "MISSING"): _dataclasses.MISSING,
    ("enum", "unique"): on_own_class(_enum.unique),
    ("functools", "total_ordering"): on_own_class(_functools.total_ordering),
    ("functools", "update_wrapper"): update_wrapper,
    ("functools", "wraps"): wraps,
    ("time", "sleep"): no_sleep,
    ("typing", "final"): on_own_class(_typing.final),
    ("typing", "runtime_checkable"): on_own_class(_typing.runtime_checkable),
})


# ---- caches ---------------------------------------------------------------------------------------------------------


class PlainKeys(dict):
    """A cache for keys that are exactly of built-in types: others can say of themselves that they equal any key."""

    def __setitem__(self, key, value):
        if is_plain(key):
            super().__setitem__(key, value)

    def get(self, key, default=None):
        return super().get(key, default) if is_plain(key) else default


def is_plain(key):
    kind = type(key)
    if kind is tuple:
        return all(is_plain(item) for item in key)
    return key is str or key is bytes or kind in (str, bytes, int, bool, type(None))


def plain_arguments(cached):
    """The function without its cache for arguments that are not exactly of built-in types."""
    uncached = cached.__wrapped__

    @_functools.wraps(uncached)
    def call(*arguments, **named):
        is_simple = is_plain(arguments) and all(is_plain(item) for item in named.values())
        return (cached if is_simple else uncached)(*arguments, **named)

    return call


_re._cache = PlainKeys()
_re._cache2 = PlainKeys()
_strptime._regex_cache = PlainKeys()
for _class in (_ipaddress.IPv4Network, _ipaddress.IPv6Network, _ipaddress._BaseV4, _ipaddress._BaseV6):
    _class._netmask_cache = PlainKeys()
for _module in (_fnmatch, _urllib_parse):
    for _name, _function in list(vars(_module).items()):
        if hasattr(_function, "cache_info"):
            setattr(_module, _name, plain_arguments(_function))
_decimal.setcontext(_decimal.Context())
