/**
 * Python that turns a module's source into its syntax tree as JSON: nodes are objects with `_type`, operators and
 * contexts are their names, constants that JSON has no form for are `Unknown` nodes.
 */
export const PYTHON_AST_DUMP = `
import ast as _panther_ast
import json as _panther_json


def _panther_tree(value):
    if isinstance(value, list):
        return [_panther_tree(item) for item in value]
    if not isinstance(value, _panther_ast.AST):
        return value if value is None or isinstance(value, (str, int, bool)) else None
    if not value._fields and not isinstance(value, (_panther_ast.stmt, _panther_ast.expr)):
        return type(value).__name__
    if isinstance(value, _panther_ast.Constant):
        return _panther_constant(value.value)
    tree = {"_type": type(value).__name__}
    for name in value._fields:
        tree[name] = _panther_tree(getattr(value, name, None))
    return tree


def _panther_constant(value):
    kind = type(value)
    is_exact = kind is int and abs(value) <= 2**53 - 1 or kind is float and value - value == 0
    if value is None or kind in (str, bool) or is_exact:
        return {"_type": "Constant", "value": value}
    return {"_type": "Unknown"}


def dump_ast(source: str) -> str:
    return _panther_json.dumps(_panther_tree(_panther_ast.parse(source)))
`;
