"""Reads modules without running them: whether they are valid, what they import and what they define. Run last, in the
namespace of host.py.
"""


def check_sources(request):
    own = set(request["modules"])
    return [check_source(file, own) for file in request["files"]]


def check_source(file, own):
    try:
        checked_code(file["body"], file["file"])
        tree = ast.parse(file["body"])
    except (SyntaxError, ValueError, RecursionError, MemoryError, ForbiddenError) as error:
        return {"error": {"line": line_of(error), "message": reason_of(error)}}
    imports = [one for statement in tree.body for one in imports_of(statement)]
    missing = [(line, name, reason_for(name)) for line, name, _ in imports if not is_importable(name, own)]
    missing += [
        (line, name, f"cannot import name {item!r} from {name!r}: detections do not have it")
        for line, name, names in imports
        if name not in own and is_importable(name, own)
        for item in names
        if not is_given_name(name, item)
    ]
    return {
        "defines": sorted(defined_in(tree.body)),
        "imports": [{"line": line, "module": name, "names": names} for line, name, names in imports if name in own],
        "missing": [{"line": line, "module": name, "reason": reason} for line, name, reason in missing],
    }


def line_of(error):
    if isinstance(error, SyntaxError):
        return error.lineno or 1
    _, _, line = str(error).rpartition("line ")
    return int(line) if line.isdecimal() else 1


def reason_of(error):
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return f"{type(error).__name__}: {str(error).partition(':')[0]}"


def imports_of(node):
    """`(line, module, names)` of what a statement needs; imports that may fail are left out."""
    if isinstance(node, ast.Try):
        return
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield node.lineno, alias.name, []
    elif isinstance(node, ast.ImportFrom):
        yield node.lineno, node.module or ".", [alias.name for alias in node.names]
    else:
        for child in ast.iter_child_nodes(node):
            yield from imports_of(child)


def is_importable(name, own):
    return name in own or name in MADE or name in ALLOWED or is_packaged(name)


def is_given_name(name, item):
    if item == "*" or f"{name}.{item}" in ALLOWED or is_packaged_module(f"{name}.{item}"):
        return True
    try:
        return item in (MADE[name]() if name in MADE else vars(facade(name)))
    except Exception:
        # A package that cannot be loaded says so where it is imported.
        return True


def reason_for(name):
    try:
        facade(name)
    except ImportError as error:
        return str(error)
    return f"No module named {name!r}"


def defined_in(statements):
    """Names that a module has when its statements have run; `*` for those of another module."""
    names = set()
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.alias):
                names.add((inner.asname or inner.name).partition(".")[0])
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.add(inner.id)
            elif isinstance(inner, (ast.FunctionDef, ast.ClassDef)):
                names.add(inner.name)
    return names


HANDLERS["check"] = check_sources
