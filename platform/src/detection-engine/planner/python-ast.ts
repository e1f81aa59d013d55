export const PYTHON_AST_DUMP = 'def dump_ast(source):\n    return "{}"\n';
