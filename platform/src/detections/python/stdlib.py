"""Parts of the standard library as detections have them, where the real ones change what is shared: classes of others,
registers, caches that are looked up by objects with a mind of their own. Run after sandbox.py.
"""
import ast as _ast
import calendar as _calendar
import codecs as _codecs
import contextlib as _contextlib
import dataclasses as _dataclasses
import decimal as _decimal
import email.utils as _email_utils
import enum as _enum
import fnmatch as _fnmatch
import functools as _functools
import gzip as _gzip
import io as _io
import ipaddress as _ipaddress
import random as _random
import re as _re
import struct as _struct
import sys as _sys
import typing as _typing
import urllib.parse as _urllib_parse
import uuid as _uuid
import zlib as _zlib
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


# ---- modules of our own ---------------------------------------------------------------------------------------------


def shallow_copy(value):
    kind = type(value)
    if kind in (list, dict, set):
        return value.copy()
    if isinstance(value, (ImmutableCaseInsensitiveDict, ImmutableList)) or not is_own_class(kind):
        return value.copy() if hasattr(value, "copy") else value
    made = object.__new__(kind)
    for name, item in vars(value).items():
        object.__setattr__(made, name, item)
    return made


def deep_copy(value, memo=None):
    memo = {} if memo is None else memo
    if id(value) in memo:
        return memo[id(value)]
    kind = type(value)
    if isinstance(value, (ImmutableCaseInsensitiveDict, ImmutableList)):
        return value.copy()
    if kind is list:
        made = memo[id(value)] = []
        made.extend(deep_copy(item, memo) for item in value)
    elif kind is dict:
        made = memo[id(value)] = {}
        made.update((deep_copy(key, memo), deep_copy(item, memo)) for key, item in value.items())
    elif kind in (tuple, set, frozenset):
        made = kind(deep_copy(item, memo) for item in value)
    elif is_own_class(kind) and hasattr(value, "__dict__"):
        made = memo[id(value)] = object.__new__(kind)
        for name, item in vars(value).items():
            object.__setattr__(made, name, deep_copy(item, memo))
    else:
        made = shallow_copy(value)
    return made


def say(level, name, message="", *arguments, **_named):
    """Shown with a unit test, as what is printed; in live events it goes nowhere."""
    if printed is None:
        return
    try:
        text = plain(str(message))
        values = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], Mapping) else arguments
        PRINTING.write(f"{level}:{name}:{text % values if arguments else text}\n")
    except Exception:
        PRINTING.write(f"{level}: (a message that could not be written)\n")


class Logger:
    """Writes every message, of whatever level."""

    __slots__ = ("name",)

    def __init__(self, name="root"):
        self.name = name

    def debug(self, *given, **_named):
        say("DEBUG", self.name, *given)

    def info(self, *given, **_named):
        say("INFO", self.name, *given)

    def warning(self, *given, **_named):
        say("WARNING", self.name, *given)

    def error(self, *given, **_named):
        say("ERROR", self.name, *given)

    def critical(self, *given, **_named):
        say("CRITICAL", self.name, *given)

    def log(self, level=0, *given, **_named):
        say(LEVEL_NAMES.get(level, "LEVEL") if type(level) is int else "LEVEL", self.name, *given)

    def setLevel(self, *_arguments, **_named):
        pass

    warn, exception, addHandler = warning, error, setLevel

    def isEnabledFor(self, _level):
        return False


def no_logging(*_arguments, **_named):
    pass


LEVELS = {"CRITICAL": 50, "ERROR": 40, "WARNING": 30, "WARN": 30, "INFO": 20, "DEBUG": 10, "NOTSET": 0}
LEVEL_NAMES = {50: "CRITICAL", 40: "ERROR", 30: "WARNING", 20: "INFO", 10: "DEBUG"}


def root_writer(name):
    def write(*given, **_named):
        getattr(Logger(), name)(*given)

    return write


WRITERS = {name: root_writer(name) for name in ("critical", "debug", "error", "exception", "info", "log", "warn", "warning")}


def random_names():
    """A generator of the rule's own."""
    own = _random.Random()
    names = {name: getattr(own, name) for name in _random.__all__ if hasattr(own, name) and name != "Random"}
    return {**names, "Random": _random.Random, "SystemRandom": _random.SystemRandom}


def format_exception(*_arguments, **_named):
    """The error that is being handled, without the frames: those are the machinery's."""
    kind, error, _trace = _sys.exc_info()
    return "NoneType: None\n" if kind is None else f"{kind.__name__}: {plain(str(error))}\n"


def print_exception(*_arguments, **_named):
    say("ERROR", "root", format_exception().rstrip())


def names_of(module, *names):
    return {name: getattr(module, name) for name in names}


#: Only what computes: nothing of these opens files, runs code, keeps what others see, or has a module behind it.
COMPUTING = {
    "ast": names_of(_ast, "literal_eval"),
    "codecs": names_of(_codecs, "decode", "encode"),
    "contextlib": names_of(_contextlib, "closing", "contextmanager", "nullcontext", "suppress"),
    "email": {},
    "email.utils": names_of(_email_utils, "getaddresses", "parseaddr", "parsedate_to_datetime"),
    "gzip": names_of(_gzip, "BadGzipFile", "compress", "decompress"),
    "io": names_of(_io, "BytesIO", "StringIO"),
    "struct": names_of(_struct, "calcsize", "error", "iter_unpack", "pack", "unpack", "unpack_from"),
    "traceback": {"format_exc": format_exception, "print_exc": print_exception},
    "warnings": {"filterwarnings": no_logging, "simplefilter": no_logging, "warn": no_logging},
    "zlib": names_of(_zlib, "adler32", "compress", "crc32", "decompress", "error"),
}
ALLOWED.update({name: () for name in COMPUTING})
OWN_MODULES.update({name: own_module(name, **names) for name, names in COMPUTING.items()})
OWN_MODULES.update({
    "copy": own_module("copy", copy=shallow_copy, deepcopy=deep_copy, Error=Exception),
    "logging": own_module("logging", Logger=Logger, getLogger=Logger, basicConfig=no_logging, disable=no_logging, **LEVELS, **WRITERS),
})
MADE["random"] = random_names


def calendar_names():
    """With a calendar of the rule's own behind its functions."""
    own = _calendar.TextCalendar()
    functions = {
        "calendar": own.formatyear, "firstweekday": own.getfirstweekday, "month": own.formatmonth,
        "monthcalendar": own.monthdayscalendar, "setfirstweekday": own.setfirstweekday, "week": own.formatweek,
    }
    return {**vars(facade("calendar")), **functions}


MADE["calendar"] = calendar_names


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
