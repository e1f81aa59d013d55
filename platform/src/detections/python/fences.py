"""Fences inside one interpreter: what code of detections may name, read and change. The names are checked in the syntax
tree; where only the value decides, the tree is changed so that a guard sees it first: attributes that are set, private
attributes that are read, and format strings, which can read attributes too.
"""
import ast
import sys
import types
from _string import formatter_field_name_split, formatter_parser

#: Special attributes that code may use by name; it may define any method but those in HIDDEN_METHODS.
SPECIAL_ATTRIBUTES = {
    "__add__", "__and__", "__call__", "__class__", "__contains__", "__doc__", "__enter__", "__eq__", "__exit__",
    "__float__", "__ge__", "__getitem__", "__gt__", "__hash__", "__init__", "__int__", "__iter__", "__le__", "__len__",
    "__lt__", "__missing__", "__name__", "__ne__", "__new__", "__next__", "__or__", "__post_init__", "__qualname__",
    "__repr__", "__setitem__", "__str__", "__sub__",
}
SPECIAL_NAMES = {"__all__", "__author__", "__version__", "__import__", "__name__", "__file__", "__doc__", "__slots__", "__hash__", "__eq__", "__match_args__"}
#: Frames, code and what lies behind events; `register` adds a class to one that all detections see.
HIDDEN_ATTRIBUTES = {
    "ag_await", "ag_code", "ag_frame", "cr_await", "cr_code", "cr_frame", "cr_origin", "f_back", "f_builtins", "f_code",
    "f_generator", "f_globals", "f_locals", "gi_code", "gi_frame", "gi_yieldfrom", "mro", "register", "tb_frame",
    "tb_next",
}
#: They would run in the time of another detection.
HIDDEN_METHODS = {"__del__"}
#: Private by their form, public by their documentation.
NAMED_TUPLE_ATTRIBUTES = {"_asdict", "_fields", "_field_defaults", "_make", "_replace"}
#: Read with a format string that reads attributes itself.
FORMATS = {"format", "format_map"}


def is_special(name):
    return name.startswith("__") and name.endswith("__")


def is_hidden(name):
    return name in HIDDEN_ATTRIBUTES or name.startswith("_panther") or (is_special(name) and name not in SPECIAL_ATTRIBUTES)


def is_private(name):
    return name.startswith("_") and not is_special(name) and name not in NAMED_TUPLE_ATTRIBUTES


def is_foreign(name):
    return is_special(name) and name not in SPECIAL_NAMES and name not in SPECIAL_ATTRIBUTES


class ForbiddenError(Exception):
    """Code asks for something that detections do not have."""


def forbidden(name, place=""):
    return ForbiddenError(f"{name} is not available to detections{place}")


# ---- the syntax tree -----------------------------------------------------------------------------------------------


def names_in(node):
    """Names of attributes, then of variables, that a node asks for."""
    if isinstance(node, ast.Attribute):
        is_read = isinstance(node.ctx, ast.Load) or not is_special(node.attr)
        return ([node.attr], []) if is_read else ([], [node.attr])
    if isinstance(node, ast.MatchClass):
        return [*node.kwd_attrs, *(name for name in node.kwd_attrs if is_private(name))], []
    if isinstance(node, ast.Name):
        return [], [node.id]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return [], node.names
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [name for name in [node.name] if name in HIDDEN_METHODS], []
    if isinstance(node, ast.alias):
        return node.name.split("."), [node.asname or ""]
    return [], []


def check_names(tree, file):
    for node in ast.walk(tree):
        attributes, names = names_in(node)
        hidden = [name for name in attributes if is_hidden(name)]
        hidden += [name for name in names if name.startswith("_panther") or is_foreign(name)]
        if isinstance(node, ast.MatchClass):
            hidden += [name for name in attributes if is_private(name) or name == "__class__"]
        if hidden and hidden != ["__future__"]:
            raise forbidden(hidden[0], f": {file}, line {getattr(node, 'lineno', 1)}")


class Guarded(ast.NodeTransformer):
    """Puts guards around what only its value can decide. They are built-in functions that code cannot name."""

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            node.value = self.call("_panther_owned", node, node.value)
            return node
        if node.attr == "__class__":
            return self.call("_panther_class", node, node.value)
        if is_private(node.attr):
            return self.call("_panther_private", node, node.value, ast.Constant(node.attr))
        if node.attr in FORMATS:
            return self.call("_panther_format", node, node.value, ast.Constant(node.attr))
        return node

    @staticmethod
    def call(name, place, *arguments):
        made = ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
        return ast.fix_missing_locations(ast.copy_location(made, place))


def checked_code(source, file):
    """Compiles a module. Raises ForbiddenError, with the line, for code that could get around the fences."""
    tree = ast.parse(source, file)
    check_names(tree, file)
    return compile(ast.fix_missing_locations(Guarded().visit(tree)), file, "exec")


# ---- guards --------------------------------------------------------------------------------------------------------

own_dict = type.__dict__["__dict__"].__get__
own_mro = type.__dict__["__mro__"].__get__


def is_own_name(module_name):
    """Whether it is the name of a module of detections."""
    name = str.__str__(module_name) if isinstance(module_name, str) else ""
    if name.startswith("panther_"):
        return name not in OWN_MODULES
    return name in SOURCES and name not in sys.stdlib_module_names


def is_own_class(value):
    return is_own_name(own_dict(value).get("__module__"))


def owned(value):
    """What code may change: classes, objects and functions of its own. Everything else is shared."""
    kind = type(value)
    if issubclass(kind, type):
        is_own = is_own_class(value)
        name = type.__dict__["__name__"].__get__(value)
    elif kind is types.FunctionType:
        is_own, name = is_own_name(value.__globals__.get("__name__")), value.__name__
    else:
        is_own = is_own_class(kind) or isinstance(value, (BaseException, FrozenModule))
        name = kind.__name__
    if not is_own:
        raise TypeError(f"{name} is immutable for detections: it is not their own")
    return value


def private(value, name):
    """A private attribute, if it was made by code of detections."""
    kind = type(value)
    if kind is super:
        found = getattr(value, name)
        if type(found) is types.MethodType and is_own_name(found.__func__.__globals__.get("__name__")):
            return found
        raise forbidden(name)
    if issubclass(kind, type):
        classes = own_mro(value)
    elif issubclass(kind, types.ModuleType):
        return getattr(value, name)
    else:
        classes = own_mro(kind)
    for one in classes:
        if name in own_dict(one):
            if is_own_class(one):
                return getattr(value, name)
            raise forbidden(name)
    # In the object itself, or nowhere.
    if not is_own_class(kind) and not isinstance(value, BaseException) and hasattr(value, name):
        raise forbidden(name)
    return getattr(value, name)


def fields_of(text):
    """Names in a format string that read attributes."""
    for _, field, spec, _ in formatter_parser(text):
        if field:
            for is_attribute, key in formatter_field_name_split(field)[1]:
                if is_attribute:
                    yield key
        if spec and "{" in spec:
            yield from fields_of(spec)


def check_format(text):
    for name in fields_of(str.__str__(text)):
        if is_hidden(name) or is_private(name) or name == "__class__":
            raise forbidden(name)


def guarded_format(value, name):
    """`str.format` and `str.format_map`, without a way into what is hidden."""
    if isinstance(value, str):
        real = str.__str__(value)
        check_format(real)
        return getattr(real, name)
    if not (isinstance(value, type) and issubclass(value, str)):
        return getattr(value, name)

    def unbound(text, *arguments, **named):
        return guarded_format(text, name)(*arguments, **named)

    return unbound


class TypeMeta(type):
    def __call__(cls, value):
        return class_of(value)

    def __instancecheck__(cls, value):
        return isinstance(value, type)

    def __subclasscheck__(cls, value):
        return issubclass(value, type)

    def __setattr__(cls, name, value):
        raise TypeError("type is immutable")


class FencedType(metaclass=TypeMeta):
    """The built-in `type` as detections have it: it tells classes, and makes none."""

    def __init_subclass__(cls):
        raise forbidden("a class of classes")

    def __class_getitem__(cls, item):
        return cls


def class_of(value):
    found = type(value)
    return FencedType if issubclass(found, type) else found


def build_class(function, name, *bases, metaclass=None, **named):
    """The statement `class`, without classes of classes."""
    if metaclass is not None or any(isinstance(base, type) and issubclass(base, type) for base in bases):
        raise forbidden("a class of classes")
    return real_build_class(function, name, *bases, **named)


real_build_class = __build_class__
