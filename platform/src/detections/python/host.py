"""Runs Python rules inside Pyodide. The only way in is `handle`, which takes and gives JSON text. Run after events.py and
the AST dump of the planner, in the same namespace.
"""
import contextvars
import json
import sys
import types

# Looked up once: rules can reach the classes of the json module.
scan_json = json.scanner.c_make_scanner(json.JSONDecoder())
#: Number of the running call, 0 between calls, and the key of its rule: by them the clock outside knows what runs.
CALL_BYTES = bytearray(8)
CALL = memoryview(CALL_BYTES).cast("I")
call_count = 0


def begin_call(key):
    global call_count
    call_count = (call_count + 1) % 0xFFFFFFFF or 1
    CALL[1] = key
    CALL[0] = call_count
    _operations[0] = 0



make_encoder = json.encoder.c_make_encoder
quote_json = json.encoder.encode_basestring_ascii


def read_json(text):
    return scan_json(text, 0)[0]


def write_json(value):
    """Sets, times and NaN raise; wrapped values are written as what they hold."""
    return "".join(make_encoder({}, json_default, quote_json, None, ": ", ", ", False, False, False)(value, 0))


def json_default(value):
    if isinstance(value, (ImmutableCaseInsensitiveDict, ImmutableList)):
        return value._panther_raw
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


core = types.ModuleType("panther_core")
core.PantherEvent = PantherEvent
immutable = types.ModuleType("panther_core.immutable")
immutable.ImmutableList = ImmutableList
immutable.ImmutableCaseInsensitiveDict = ImmutableCaseInsensitiveDict
errors = types.ModuleType("panther_core.exceptions")
errors.PantherError = PantherError
events = types.ModuleType("panther_core.enriched_event")
events.PantherEvent = PantherEvent
OWN_MODULES["panther_core"] = core
OWN_MODULES["panther_core.immutable"] = immutable
OWN_MODULES["panther_core.exceptions"] = errors
OWN_MODULES["panther_core.enriched_event"] = events
ALLOWED.update({"panther_core.exceptions": (), "panther_core.enriched_event": ()})


# ---- rules -------------------------------------------------------------------------------------------------------

RULES = {}
RULE_PREFIX = "panther_rule_"
TOO_SLOW = {"type": "TimeoutError", "title": "TimeoutError()", "message": "the rule ran longer than its time limit"}
#: A rule that was interrupted this often is not run any more.
MAX_OVERRUNS = 3


class Rule:
    def __init__(self, spec):
        self.id = spec["id"]
        self.key = spec["key"]
        self.file = spec["file"]
        self.type = spec.get("type", "rule")
        #: The function that decides, and what it returns for an alert.
        self.main = "policy" if self.type == "policy" else "rule"
        self.alerts_on = self.main == "rule"
        self.error = None
        self.overruns = 0
        self.module = types.ModuleType(RULE_PREFIX + self.id)
        self.module.__file__ = self.file
        begin_call(spec["key"])
        try:
            run_module(self.module, spec["body"], self.file)
            if self.function(self.main) is None:
                parameter = "resource" if self.main == "policy" else "event"
                raise AttributeError(f"{self.file} has no function {self.main}({parameter})")
        except KeyboardInterrupt:
            self.error = TOO_SLOW
        except BaseException as error:  # a setup error is told for every event
            self.error = describe(error)
        finally:
            CALL[0] = 0

    def function(self, name):
        found = getattr(self.module, name, None)
        return found if callable(found) else None

    def argument(self, raw):
        """What its functions are given: policies get the resource as it is, only rules over logs have data models."""
        if self.type == "policy":
            return raw
        return PantherEvent(raw, model_for(raw) if self.type == "rule" else None)


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
    title, message = shown(repr, error), shown(str, error)
    return {"type": plain(type(error).__name__), "title": shorten(title, 1000), "message": shorten(message + place, 4000)}


def shown(how, error):
    """An error of a rule may have its own idea of how it looks."""
    try:
        return plain(how(error))
    except KeyboardInterrupt:
        raise
    except BaseException:
        return f"{plain(type(error).__name__)}()"


def plain(text):
    """Without what a subclass of str may do."""
    return str.__str__(text)


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
    return shorten(plain(value), 1000)


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
    return [plain(item) for item in value if isinstance(item, str)][:10] or ["SKIP"]


def context_result(rule, value):
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise FunctionReturnTypeError(f"detection [{rule.id}] function [alert_context] returned [{kind}], expected [Mapping]")
    text = write_json(unwrap(value))
    if len(text) > MAX_CONTEXT:
        reason = f"alert_context size is [{len(text)}] characters, bigger than maximum of [{MAX_CONTEXT}] characters"
        return write_json({"_error": reason})
    return text


#: In the order in which they are called, after the one that decides.
ALERT_FUNCTIONS = (
    "title", "description", "reference", "severity", "runbook", "destinations", "dedup", "alert_context", "unique",
)


def evaluate(rule, event):
    if rule.error is not None:
        return {"error": rule.error}
    try:
        answer = getattr(rule.module, rule.main)(event)
        if not isinstance(answer, bool):
            kind = type(answer).__name__
            raise FunctionReturnTypeError(f"detection [{rule.id}] function [{rule.main}] returned [{kind}], expected [bool]")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return {"error": describe(error)}
    return {"matched": answer is rule.alerts_on}


def outputs(rule, event):
    result, errors = {}, {}
    for name in ALERT_FUNCTIONS:
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
                result[name] = write_json({"_error": shorten(shown(repr, error), 1000)})
    return result, errors


def set_sources(sources):
    set_helpers([source for source in sources if "model" not in source])
    set_models([source for source in sources if "model" in source])


def load(request):
    set_sources(request.get("globals", []))
    RULES.clear()
    for spec in request["rules"]:
        RULES[spec["key"]] = Rule(spec)
    return [{"key": spec["key"], "error": RULES[spec["key"]].error} for spec in request["rules"]]


def answer_for(rule, event, is_test):
    answer = evaluate(rule, event)
    if answer.get("matched") or (is_test and "error" not in answer):
        answer["outputs"], answer["errors"] = outputs(rule, event)
    return answer


def answer_in_time(rule, event, is_test):
    """A call that has used its time is interrupted from outside."""
    if rule.overruns >= MAX_OVERRUNS:
        return {"error": TOO_SLOW}
    begin_call(rule.key)
    try:
        return contextvars.copy_context().run(answer_for, rule, event, is_test)
    except KeyboardInterrupt:
        rule.overruns += 1
        return {"error": TOO_SLOW}
    finally:
        CALL[0] = 0


def run(request):
    """Evaluates `[event, [rule keys]]` pairs; an interrupt ends the rule that is running, the others go on."""
    results = []
    for event_index, (raw, keys) in enumerate(request["events"]):
        event = PantherEvent(raw, model_for(raw))
        for key in keys:
            answer = answer_in_time(RULES[key], event, False)
            if answer.get("matched") is not False:
                answer["event"], answer["rule"] = event_index, key
                results.append(answer)
    return results


def syntax_tree(request):
    try:
        return read_json(dump_ast(request["source"]))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


HANDLERS = {"load": load, "run": run, "ast": syntax_tree}


def handle(kind, text):
    sys.stdout = sys.stderr = PRINTING
    return write_json(HANDLERS[kind](read_json(text)))
