"""Unit tests of rules, with mocks. Run after host.py, in the same namespace."""

#: The rule of the last unit test: the tests of a rule share its module.
tested = None


def run_test(request):
    """One unit test: its answer, with what it printed."""
    begin_printing()
    try:
        answer = test_answer(request)
    finally:
        output = end_printing()
    return {**answer, "output": output} if output else answer


def test_answer(request):
    """With the test's mocks in place of names of the rule's module."""
    global tested
    if "globals" in request:
        set_sources(request["globals"])
    if tested is None or request["isFirst"] or "globals" in request:
        tested = Rule(request["rule"])
    rule = tested
    if rule.error is not None:
        return {"error": rule.error}
    saved = {}
    names = vars(rule.module)
    for name, value in (request.get("mocks") or {}).items():
        if name not in names and name not in FENCED_BUILTINS:
            restore(names, saved)
            error = f"{rule.file} does not have the attribute {name!r} that the test mocks"
            return {"error": {"type": "AttributeError", "title": f"AttributeError({error!r})", "message": error}}
        saved[name] = names.get(name, MISSING)
        names[name] = MagicMock(return_value=value)
    try:
        return answer_in_time(rule, rule.argument(request["event"]), True)
    finally:
        restore(names, saved)


def restore(names, saved):
    """What the mocks replaced, even if the code bound the names anew."""
    for name, value in saved.items():
        if value is MISSING:
            names.pop(name, None)
        else:
            names[name] = value


HANDLERS["test"] = run_test
