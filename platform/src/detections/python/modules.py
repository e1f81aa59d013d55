"""Modules of the standard library that detections have as modules of our own: with a state of the rule's, or with nothing
but what computes. Run after stdlib.py and printing.py, in the same namespace.
"""
import ast as _ast
import calendar as _calendar
import codecs as _codecs
import contextlib as _contextlib
import email.utils as _email_utils
import gzip as _gzip
import io as _io
import random as _random
import struct as _struct
import sys as _sys
import zlib as _zlib


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
