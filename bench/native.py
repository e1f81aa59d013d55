"""The bare reference for Python rules: CPython on this machine, every rule on every event, no planner, no sandbox.
`python3 native.py RULES.json EVENTS.ndjson EVENTS_PY`
"""
import json
import sys
import time
import types

rules_file, events_file, event_module = sys.argv[1:4]
api = {}
exec(compile(open(event_module).read(), event_module, "exec"), api)
modules = []
for index, body in enumerate(json.load(open(rules_file))):
    module = types.ModuleType(f"rule_{index}")
    exec(compile(body, module.__name__, "exec"), vars(module))
    modules.append(module)

FUNCTIONS = ("title", "severity", "dedup", "alert_context")
matches = count = 0
started = time.perf_counter()
for line in open(events_file):
    event = api["PantherEvent"](json.loads(line))
    count += 1
    for module in modules:
        if module.rule(event):
            matches += 1
            for name in FUNCTIONS:
                function = getattr(module, name, None)
                if function is not None:
                    function(event)
seconds = time.perf_counter() - started
print(json.dumps({"events": count, "matches": matches, "seconds": seconds}))
