"""Runs Python rules inside Pyodide. The only way in is `handle`, which takes and gives JSON text. Run after events.py and
the AST dump of the planner, in the same namespace.
"""
import builtins
import json
import sys
import types

# ---- modules that rules may import -------------------------------------------------------------------------------

core = types.ModuleType("panther_core")
core.PantherEvent = PantherEvent
immutable = types.ModuleType("panther_core.immutable")
immutable.ImmutableList = ImmutableList
immutable.ImmutableCaseInsensitiveDict = ImmutableCaseInsensitiveDict
core.immutable = immutable
sys.modules["panther_core"] = core
sys.modules["panther_core.immutable"] = immutable

#: Anything through which the JavaScript around the interpreter, or the machine around that, could be reached.
FORBIDDEN = {
    "js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core", "micropip", "ctypes", "_ctypes", "socket", "_socket",
    "ssl", "_ssl", "subprocess", "multiprocessing", "asyncio", "threading", "gc", "inspect", "importlib.util", "code",
    "webbrowser", "urllib.request", "http.client", "http.server", "ftplib", "smtplib", "shutil", "tempfile", "pathlib", "glob", "signal",
}
real_import = builtins.__import__


def guarded_import(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    if importer.startswith(RULE_PREFIX) or importer in HELPERS:
        root = name.partition(".")[0]
        if name in FORBIDDEN or root in FORBIDDEN:
            raise ImportError(f"the module {name!r} is not available to detections")
    return real_import(name, globals, locals, fromlist, level)


def no_open(*_args, **_kwargs):
    raise PermissionError("detections have no files")


RULE_PREFIX = "panther_rule_"
HELPERS = set()
builtins.__import__ = guarded_import
builtins.open = no_open
builtins.input = no_open
builtins.breakpoint = no_open


class Silence:
    """Swallows what rules print."""

    def write(self, text):
        return len(text)

    def flush(self):
        pass


# ---- rules -------------------------------------------------------------------------------------------------------

RULES = {}


class Rule:
    def __init__(self, spec):
        self.id = spec["id"]
        self.file = spec["file"]
        self.error = None
        self.module = types.ModuleType(RULE_PREFIX + self.id)
        self.module.__file__ = self.file
        try:
            exec(compile(spec["body"], self.file, "exec"), self.module.__dict__)
            if not callable(getattr(self.module, "rule", None)):
                raise AttributeError(f"{self.file} has no function rule(event)")
        except BaseException as error:  # a setup error is told for every event
            self.error = describe(error)

    def function(self, name):
        found = getattr(self.module, name, None)
        return found if callable(found) else None


def describe(error):
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename != "<exec>":
            place = f": {code.co_filename}, line {trace.tb_lineno}, in {code.co_name}"
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.lineno:
        place = f": {error.filename}, line {error.lineno}"
    return {"type": type(error).__name__, "title": shorten(repr(error), 1000), "message": shorten(f"{error}{place}", 4000)}


def shorten(text, limit):
    return text if len(text) <= limit else text[: limit - 15] + "... (truncated)"


class FunctionReturnTypeError(Exception):
    pass


SEVERITIES = {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL", "DEFAULT"}
MAX_CONTEXT = 200 * 1024


def text_result(rule, name, value):
    if not isinstance(value, str):
        kind = type(value).__name__
        raise FunctionReturnTypeError(f"detection [{rule.id}] function [{name}] returned [{kind}], expected [str]")
    return shorten(value, 1000)


def severity_result(rule, value):
    text = text_result(rule, "severity", value).upper()
    if text not in SEVERITIES:
        raise AssertionError(f"Expected severity to be any of the following: {sorted(SEVERITIES)}, got [{text}] instead.")
    return text


def destinations_result(rule, value):
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, (str, bool)) for item in value):
        raise FunctionReturnTypeError(f"detection [{rule.id}] function [destinations] expected a list of str")
    return [item for item in value if isinstance(item, str)][:10] or ["SKIP"]


class ContextEncoder(json.JSONEncoder):
    def default(self, value):
        if isinstance(value, (ImmutableCaseInsensitiveDict, ImmutableList)):
            return value._raw
        if isinstance(value, Mapping):
            return dict(value)
        return super().default(value)


def context_result(rule, value):
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise FunctionReturnTypeError(f"detection [{rule.id}] function [alert_context] returned [{kind}], expected [Mapping]")
    text = json.dumps(unwrap(value), cls=ContextEncoder, allow_nan=False)
    if len(text) > MAX_CONTEXT:
        reason = f"alert_context size is [{len(text)}] characters, bigger than maximum of [{MAX_CONTEXT}] characters"
        return json.dumps({"_error": reason})
    return text


TEXTS = ("title", "description", "reference", "runbook", "dedup")


def evaluate(rule, event):
    if rule.error is not None:
        return {"error": rule.error}
    try:
        matched = rule.module.rule(event)
        if not isinstance(matched, bool):
            kind = type(matched).__name__
            raise FunctionReturnTypeError(f"detection [{rule.id}] function [rule] returned [{kind}], expected [bool]")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"error": describe(error)}
    return {"matched": matched}


def outputs(rule, event):
    result, errors = {}, {}
    for name in (*TEXTS, "severity", "destinations", "alert_context"):
        function = rule.function(name)
        if function is None:
            continue
        try:
            value = function(event)
            if name == "severity":
                result[name] = severity_result(rule, value)
            elif name == "destinations":
                result[name] = destinations_result(rule, value)
            elif name == "alert_context":
                result[name] = context_result(rule, value)
            else:
                result[name] = text_result(rule, name, value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            errors[name] = describe(error)
            if name == "alert_context":
                result[name] = json.dumps({"_error": repr(error)})
    return result, errors


def load(request):
    for spec in request.get("globals", []):
        SOURCES[spec["id"]] = spec
        HELPERS.add(spec["id"])
        sys.modules.pop(spec["id"], None)
    RULES.clear()
    for spec in request["rules"]:
        RULES[spec["key"]] = Rule(spec)
    return [{"key": spec["key"], "error": RULES[spec["key"]].error} for spec in request["rules"]]


SOURCES = {}


class HelperFinder:
    """Imports helper modules (the format's `global`) from the texts that were given."""

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
        exec(compile(source["body"], source["file"], "exec"), module.__dict__)


sys.meta_path.append(HelperFinder)


def answer_for(rule, event, is_test):
    answer = evaluate(rule, event)
    if answer.get("matched") or (is_test and "error" not in answer):
        answer["outputs"], answer["errors"] = outputs(rule, event)
    return answer


def run(request):
    """Evaluates `[event, [rule keys]]` pairs; an interrupt ends the rule that is running, the others go on."""
    results = []
    for event_index, (raw, keys) in enumerate(request["events"]):
        event = PantherEvent(raw)
        for key in keys:
            try:
                answer = answer_for(RULES[key], event, False)
            except KeyboardInterrupt:
                answer = {"error": TOO_SLOW}
            if answer.get("matched") is not False:
                answer["event"], answer["rule"] = event_index, key
                results.append(answer)
    return results


TOO_SLOW = {"type": "TimeoutError", "title": "TimeoutError()", "message": "the rule ran longer than its time limit"}


def run_test(request):
    """One unit test, with a module of its own and mocks."""
    rule = Rule(request["rule"])
    for name, value in (request.get("mocks") or {}).items():
        setattr(rule.module, name, Mock(value))
    try:
        return answer_for(rule, PantherEvent(request["event"]), True)
    except KeyboardInterrupt:
        return {"error": TOO_SLOW}


class Mock:
    def __init__(self, value):
        self.return_value = value

    def __call__(self, *_args, **_kwargs):
        return self.return_value


HANDLERS = {"load": load, "run": run, "test": run_test, "ast": lambda request: json.loads(dump_ast(request["source"]))}


def handle(kind, text):
    out, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), Silence(), Silence()
    try:
        return json.dumps(HANDLERS[kind](json.loads(text)))
    finally:
        sys.stdout, sys.stderr = out
