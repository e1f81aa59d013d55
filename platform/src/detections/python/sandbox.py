"""What the code of detections is given. CPython has no walls inside one interpreter, so there are fences: a check of the
syntax tree and guards in it (fences.py), an allow list of modules that are handed out as frozen copies without their own
imports, own built-in functions, and for every rule its own instances of the helper modules. Around all that are
WebAssembly, which has no files, no network and no process, and a process that has no rights. Run after fences.py.
"""
import __future__
import builtins
import importlib
import sys
import types


class FrozenModule(types.ModuleType):
    """Shared by detections: nobody can leave anything in it."""

    def __setattr__(self, name, value):
        raise TypeError(f"the module {self.__name__} cannot be changed")

    def __delattr__(self, name):
        raise TypeError(f"the module {self.__name__} cannot be changed")


# ---- built-in functions --------------------------------------------------------------------------------------------


def plain_name(name):
    if not isinstance(name, str):
        raise TypeError("attribute name must be string")
    name = str.__str__(name)
    if is_hidden(name):
        raise forbidden(name)
    return name


def fenced_getattr(value, name, *default):
    name = plain_name(name)
    if name == "__class__":
        return class_of(value)
    if name in FORMATS:
        return guarded_format(value, name)
    if not is_private(name):
        return getattr(value, name, *default)
    try:
        return private(value, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def fenced_hasattr(value, name):
    try:
        fenced_getattr(value, name)
    except AttributeError:
        return False
    return True


def fenced_setattr(value, name, new):
    setattr(owned(value), plain_name(name), new)


def fenced_delattr(value, name):
    delattr(owned(value), plain_name(name))


def fenced_globals():
    return without_builtins(sys._getframe(1).f_globals)


def fenced_locals():
    return without_builtins(sys._getframe(1).f_locals)


def without_builtins(names):
    return {name: value for name, value in names.items() if name != "__builtins__"}


def no_files(*_args, **_kwargs):
    raise PermissionError("detections have no files")


MISSING_BUILTINS = {
    "__loader__", "__spec__", "breakpoint", "compile", "copyright", "credits", "eval", "exec", "exit", "help", "input",
    "license", "quit", "vars",
}
FENCED_BUILTINS = {name: value for name, value in vars(builtins).items() if name not in MISSING_BUILTINS}
FENCED_BUILTINS.update(
    __build_class__=build_class,
    open=no_files,
    getattr=fenced_getattr,
    hasattr=fenced_hasattr,
    setattr=fenced_setattr,
    delattr=fenced_delattr,
    globals=fenced_globals,
    locals=fenced_locals,
    type=FencedType,
    _panther_owned=owned,
    _panther_private=private,
    _panther_class=class_of,
    _panther_format=guarded_format,
)


# ---- modules -------------------------------------------------------------------------------------------------------

#: Modules to the names in them that are left out: those that run code, look attributes up by name, or give frames.
ALLOWED = {
    "__future__": (), "abc": ("get_cache_token", "update_abstractmethods"), "base64": (), "binascii": (), "bisect": (), "calendar": (), "collections": (),
    "collections.abc": (), "copy": (), "csv": (), "dataclasses": (), "datetime": (), "decimal": (), "difflib": (),
    "enum": (), "fnmatch": (), "fractions": (), "functools": ("singledispatch", "singledispatchmethod"), "hashlib": (),
    "heapq": (), "hmac": (), "html": (), "ipaddress": (), "itertools": (), "json": (), "json.decoder": (),
    "json.encoder": (), "logging": (), "math": (), "numbers": (),
    "operator": ("attrgetter", "methodcaller"), "os": (), "os.path": (), "panther_core": (),
    "panther_core.immutable": (), "random": (), "re": (), "shlex": (), "statistics": (), "string": ("Formatter",),
    "textwrap": (), "time": (), "typing": ("ForwardRef", "evaluate_forward_ref", "get_type_hints"),
    "unicodedata": (), "unittest": (), "unittest.mock": (), "urllib": (), "urllib.parse": (), "uuid": (),
}
FACADES = {}


def facade(name):
    """A frozen copy of a module: its public functions, classes and constants, and nothing that can be changed."""
    if name in FACADES:
        return FACADES[name]
    if name not in ALLOWED:
        if is_packaged(name):
            return packaged(name)
        root = name.partition(".")[0]
        if root in sys.stdlib_module_names or root in ("js", "pyodide", "pyodide_js"):
            raise ImportError(f"the module {name!r} is not available to detections")
        raise missing_module(name)
    real = OWN_MODULES.get(name) or importlib.import_module(name)
    copy = FrozenModule(name, real.__doc__)
    for key, value in vars(real).items():
        if (name, key) in REPLACED:
            vars(copy)[key] = REPLACED[name, key]
        elif not key.startswith("_") and key not in ALLOWED[name] and is_given(name, value):
            vars(copy)[key] = value
    FACADES[name] = copy
    parent, _, own = name.rpartition(".")
    if parent:
        vars(facade(parent))[own] = copy
    # As after `import json`: `json.decoder` is there.
    for child in [one for one in ALLOWED if one.rpartition(".")[0] == name]:
        facade(child)
    return copy


CONSTANTS = (str, int, float, complex, bytes, bool, type(None), tuple, frozenset)
CALLABLES = (type, types.FunctionType, types.BuiltinFunctionType)


def is_given(module_name, value):
    """Not modules, not lists and dictionaries, not objects with a state: detections would share them."""
    if module_name in OWN_MODULES or module_name == "typing":
        return not isinstance(value, types.ModuleType)
    if isinstance(value, types.BuiltinFunctionType):
        # A method of an object.
        return value.__self__ is None or isinstance(value.__self__, types.ModuleType)
    return isinstance(value, (*CONSTANTS, *CALLABLES, *IMMUTABLE_OBJECTS))


#: Functions that are given in place of the real ones: (module, name) to the function.
REPLACED = {}
#: Modules of which every rule has its own: name to a function that makes one.
MADE = {}


def own_module(name, **names):
    module = types.ModuleType(name)
    vars(module).update(names)
    return module


class MagicMock:
    """Stands in for a function in a unit test: returns one value, whatever it is called with."""

    def __init__(self, return_value=None):
        self.return_value = return_value

    def __call__(self, *_args, **_kwargs):
        return self.return_value


def path_functions():
    import posixpath

    names = ("basename", "commonprefix", "dirname", "isabs", "join", "normpath", "relpath", "split", "splitext")
    return {name: getattr(posixpath, name) for name in names}


OWN_MODULES = {
    # The compiler has taken what it says; the names only have to be there.
    "__future__": own_module("__future__", **dict.fromkeys(__future__.all_feature_names)),
    "os": own_module("os", environ=types.MappingProxyType({}), getenv=lambda _key, default=None: default, sep="/", linesep="\n"),
    "os.path": own_module("os.path", **path_functions()),
    "unittest": own_module("unittest"),
    "unittest.mock": own_module("unittest.mock", MagicMock=MagicMock, Mock=MagicMock),
    "urllib": own_module("urllib"),
}


# ---- helper modules ------------------------------------------------------------------------------------------------

#: Helper modules (the format's `global`) by the names under which they are imported.
SOURCES = {}
#: What they are compiled to.
CODES = {}


class Realm:
    """What one rule imports: its own instances of the helper modules, so that it shares nothing with another."""

    def __init__(self):
        self.modules = {}
        self.builtins = {**FENCED_BUILTINS, "__import__": self.import_module}

    def import_module(self, name, globals=None, locals=None, fromlist=(), level=0):
        if level > 0:
            raise ImportError("detections import modules by their full names")
        name = str.__str__(name)
        if type(fromlist) is list and name in sys.modules:
            # Functions of the library in C, such as strptime, ask like this; they take the module from elsewhere.
            return None
        if name in SOURCES:
            return self.helper(name)
        if name in MADE:
            return self.made(name)
        module = facade(name)
        for item in fromlist or ():
            if f"{name}.{item}" in ALLOWED or is_packaged_module(f"{name}.{item}"):
                facade(f"{name}.{item}")
        return module if fromlist else facade(name.partition(".")[0])

    def helper(self, name):
        if name not in self.modules:
            source = SOURCES[name]
            module = self.modules[name] = types.ModuleType(name)
            module.__file__ = source["file"]
            try:
                if name not in CODES:
                    CODES[name] = checked_code(source["body"], source["file"])
                self.run(module, CODES[name])
            except BaseException:
                del self.modules[name]
                raise
            module.__class__ = FrozenModule
        return self.modules[name]

    def made(self, name):
        if name not in self.modules:
            module = self.modules[name] = FrozenModule(name)
            vars(module).update(MADE[name]())
        return self.modules[name]

    def run(self, module, code):
        vars(module)["__builtins__"] = self.builtins
        exec(code, vars(module))


def run_module(module, source, file):
    """Runs a module's code with the built-in functions of detections. What it does outside of them raises."""
    Realm().run(module, checked_code(source, file))


def set_helpers(sources):
    SOURCES.clear()
    CODES.clear()
    SOURCES.update({source["id"]: source for source in sources})
