"""What the code of detections may name. CPython has no walls inside one interpreter, so there are three fences: a check of
the syntax tree for the attributes through which code reaches what it was not given (`__globals__`, `__subclasses__`,
frames), an allow list of modules that are handed out as frozen copies without their own imports, and own built-in
functions for every module. Around all that is WebAssembly, which has no files, no network and no process.
"""
import ast
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


# ---- names ---------------------------------------------------------------------------------------------------------

#: Special attributes that code may use by name; it may define any method.
SPECIAL_ATTRIBUTES = {
    "__add__", "__and__", "__call__", "__class__", "__contains__", "__doc__", "__enter__", "__eq__", "__exit__",
    "__float__", "__ge__", "__getitem__", "__gt__", "__hash__", "__init__", "__int__", "__iter__", "__le__", "__len__",
    "__lt__", "__missing__", "__name__", "__ne__", "__new__", "__next__", "__or__", "__post_init__", "__qualname__",
    "__repr__", "__setitem__", "__str__", "__sub__",
}
SPECIAL_NAMES = {"__import__", "__name__", "__file__", "__doc__", "__slots__", "__hash__", "__eq__", "__match_args__"}
#: Frames, code and what lies behind events.
HIDDEN_ATTRIBUTES = {
    "ag_code", "ag_frame", "cr_code", "cr_frame", "cr_origin", "f_back", "f_builtins", "f_code", "f_generator",
    "f_globals", "f_locals", "gi_code", "gi_frame", "gi_yieldfrom", "tb_frame", "tb_next",
}


def is_special(name):
    return name.startswith("__") and name.endswith("__")


def is_hidden(name):
    return name in HIDDEN_ATTRIBUTES or name.startswith("_panther") or (is_special(name) and name not in SPECIAL_ATTRIBUTES)


def is_foreign(name):
    return is_special(name) and name not in SPECIAL_NAMES and name not in SPECIAL_ATTRIBUTES


class ForbiddenError(Exception):
    """Code asks for something that detections do not have."""


def names_in(node):
    """Names of attributes, then of variables, that a node asks for."""
    if isinstance(node, ast.Attribute):
        is_read = isinstance(node.ctx, ast.Load) or not is_special(node.attr)
        return ([node.attr], []) if is_read else ([], [node.attr])
    if isinstance(node, ast.MatchClass):
        return node.kwd_attrs, []
    if isinstance(node, ast.Name):
        return [], [node.id]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return [], node.names
    if isinstance(node, ast.alias):
        return node.name.split("."), [node.asname or ""]
    return [], []


def checked_code(source, file):
    """Compiles a module. Raises ForbiddenError, with the line, for code that could get around the fences."""
    tree = ast.parse(source, file)
    for node in ast.walk(tree):
        attributes, names = names_in(node)
        hidden = [name for name in attributes if is_hidden(name)]
        hidden += [name for name in names if name.startswith("_panther") or is_foreign(name)]
        if hidden and hidden != ["__future__"]:
            raise ForbiddenError(f"{hidden[0]} is not available to detections: {file}, line {getattr(node, 'lineno', 1)}")
    return compile(tree, file, "exec")


# ---- built-in functions --------------------------------------------------------------------------------------------


def plain_name(name):
    if not isinstance(name, str):
        raise TypeError("attribute name must be string")
    name = str.__str__(name)
    if is_hidden(name):
        raise ForbiddenError(f"{name} is not available to detections")
    return name


def fenced_getattr(value, name, *default):
    return getattr(value, plain_name(name), *default)


def fenced_hasattr(value, name):
    return hasattr(value, plain_name(name))


def fenced_setattr(value, name, new):
    setattr(value, plain_name(name), new)


def fenced_delattr(value, name):
    delattr(value, plain_name(name))


MISSING_BUILTINS = {
    "__import__", "__loader__", "__spec__", "breakpoint", "compile", "copyright", "credits", "eval", "exec", "exit",
    "help", "input", "license", "open", "quit", "vars",
}


def fenced_builtins():
    """A dictionary of its own for every module, so that nobody can change another's."""
    return dict(FENCED_BUILTINS)


def no_files(*_args, **_kwargs):
    raise PermissionError("detections have no files")


def fenced_import(name, globals=None, locals=None, fromlist=(), level=0):
    if level > 0:
        raise ImportError("detections import modules by their full names")
    if name in SOURCES:
        return importlib.import_module(name)
    module = facade(name)
    for item in fromlist or ():
        if f"{name}.{item}" in ALLOWED:
            facade(f"{name}.{item}")
    return module if fromlist else facade(name.partition(".")[0])


FENCED_BUILTINS = {name: value for name, value in vars(builtins).items() if name not in MISSING_BUILTINS}
FENCED_BUILTINS.update(
    __import__=fenced_import,
    open=no_files,
    getattr=fenced_getattr,
    hasattr=fenced_hasattr,
    setattr=fenced_setattr,
    delattr=fenced_delattr,
)


# ---- modules -------------------------------------------------------------------------------------------------------

#: Modules to the names in them that are left out: those that run code, look attributes up by name, or give frames.
ALLOWED = {
    "__future__": (), "base64": (), "binascii": (), "bisect": (), "calendar": (), "collections": (),
    "collections.abc": (), "copy": (), "csv": (), "dataclasses": (), "datetime": (), "decimal": (), "difflib": (),
    "enum": (), "fnmatch": (), "fractions": (), "functools": ("singledispatch", "singledispatchmethod"), "hashlib": (),
    "heapq": (), "hmac": (), "html": (), "ipaddress": (), "itertools": (), "json": (), "json.decoder": (),
    "json.encoder": (), "logging": ("currentframe",), "math": (), "numbers": (),
    "operator": ("attrgetter", "methodcaller"), "os": (), "os.path": (), "panther_core": (),
    "panther_core.immutable": (), "random": (), "re": (), "shlex": (), "statistics": (), "string": ("Formatter",),
    "textwrap": (), "time": (), "typing": ("ForwardRef", "evaluate_forward_ref", "get_type_hints"),
    "unicodedata": (), "unittest": (), "unittest.mock": (), "urllib": (), "urllib.parse": (), "uuid": (),
}
FACADES = {}


def facade(name):
    """A frozen copy of a module: its public names, without the modules that it imports itself."""
    if name in FACADES:
        return FACADES[name]
    if name not in ALLOWED:
        root = name.partition(".")[0]
        if root in sys.stdlib_module_names or root in ("js", "pyodide", "pyodide_js"):
            raise ImportError(f"the module {name!r} is not available to detections")
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    real = OWN_MODULES.get(name) or importlib.import_module(name)
    copy = FrozenModule(name, real.__doc__)
    for key, value in vars(real).items():
        if not key.startswith("_") and key not in ALLOWED[name] and not isinstance(value, types.ModuleType):
            vars(copy)[key] = value
    FACADES[name] = copy
    parent, _, own = name.rpartition(".")
    if parent:
        vars(facade(parent))[own] = copy
    return copy


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
    "os": own_module("os", environ=types.MappingProxyType({}), getenv=lambda _key, default=None: default, sep="/", linesep="\n"),
    "os.path": own_module("os.path", **path_functions()),
    "unittest": own_module("unittest"),
    "unittest.mock": own_module("unittest.mock", MagicMock=MagicMock, Mock=MagicMock),
    "urllib": own_module("urllib"),
}


# ---- helper modules ------------------------------------------------------------------------------------------------

#: Helper modules (the format's `global`) by the names under which they are imported.
SOURCES = {}


class HelperFinder:
    """Imports helper modules from the texts that were given."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in SOURCES:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, HelperFinder)

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        source = SOURCES[module.__name__]
        module.__file__ = source["file"]
        run_module(module, source["body"], source["file"])
        module.__class__ = FrozenModule


sys.meta_path.append(HelperFinder)


def run_module(module, source, file):
    """Runs a module's code with the built-in functions of detections. What it does outside of them raises."""
    vars(module)["__builtins__"] = fenced_builtins()
    exec(checked_code(source, file), vars(module))


def set_helpers(sources):
    for name in SOURCES:
        sys.modules.pop(name, None)
    SOURCES.clear()
    SOURCES.update({source["id"]: source for source in sources})
