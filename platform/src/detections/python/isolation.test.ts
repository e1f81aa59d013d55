/** What one Python rule tries to do to another, inside one interpreter. The other looks whether all is as it was. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createPythonRunner, readHostSources } from './runner.ts';

const runner = createPythonRunner({
  workerUrl: new URL('./python.worker.ts', import.meta.url),
  hostSources: readHostSources(),
  timeoutMs: 1_000,
  memoryBytes: 1 << 30,
});
after(() => runner.close());

const HELPER = `
SEEN = []
class Kept:
    shared = 1
    items = {}
def remember(value):
    SEEN.append(value)
    return len(SEEN)
`;

/** Is a match as long as nothing of what it uses was changed. */
const VICTIM = `
import calendar, copy, csv, dataclasses, datetime, decimal, enum, fnmatch, functools, ipaddress, json, logging, random, re
import string, textwrap, time, typing, urllib.parse, uuid, collections.abc, my_helpers
import ast, codecs, contextlib, email.utils, gzip, io, struct, traceback, warnings, zlib
from panther_detection_helpers import caching
def rule(event):
    checks = {
        "json": json.loads('{"a": [1]}') == {"a": [1]} and json.dumps({"a": 1}) == '{"a": 1}',
        "encoder": type(json.JSONEncoder()).__name__ == "JSONEncoder" and json.JSONEncoder().encode([1]) == "[1]",
        "encoder attributes": json.JSONEncoder.item_separator == ", " and not hasattr(json.JSONEncoder, "left"),
        "re": re.compile("admin").search("ADMIN") is None and re.search("ad.in", "admin") is not None,
        "re templates": re.sub("(a)", r"<\\1>", "a") == "<a>",
        "strftime": datetime.datetime(2026, 1, 2).strftime("%Y") == "2026" and time.strptime("2026", "%Y").tm_year == 2026,
        "fnmatch": fnmatch.fnmatch("abc", "a*") and not fnmatch.fnmatch("abc", "b*"),
        "ip": ipaddress.ip_address("10.0.0.1").is_private and not ipaddress.ip_address("1.1.1.1").is_private,
        "network": ipaddress.ip_network("10.0.0.0/8").num_addresses == 2 ** 24,
        "strptime": datetime.datetime.strptime("2026-01-02", "%Y-%m-%d").day == 2,
        "url": urllib.parse.urlparse("https://example.com/x").netloc == "example.com",
        "decimal": decimal.Decimal(1) / decimal.Decimal(3) == decimal.Decimal("0.3333333333333333333333333333"),
        "mapping": not isinstance(3, collections.abc.Mapping),
        "calendar": calendar.monthcalendar(2026, 1)[0][3] == 1,
        "csv": "evil" not in csv.list_dialects(),
        "template": string.Template("$a").substitute(a=1) == "1",
        "wrap": textwrap.fill("a b", 1) == "a\\nb",
        "helper": my_helpers.remember(1) in (1, 2) and my_helpers.Kept.shared == 1 and my_helpers.Kept.items == {},
        "event": event.get("eventName") == "x" and event.to_dict() == {"eventName": "x", "list": [{"a": 1}]},
        "class": type(event).__name__ == "PantherEvent" and not hasattr(type(event), "left"),
        "copy": copy.deepcopy({"a": [1]}) == {"a": [1]},
        "caching": caching.get_counter("nobody") == 0,
        "builtins": len([1]) == 1 and isinstance(1, int) and not isinstance("a", int) and sorted([2, 1]) == [1, 2],
        "typing": typing.Optional[str] == typing.Union[str, None],
        "time": time.time() > 1_700_000_000,
        "uuid": uuid.NAMESPACE_DNS.hex.startswith("6ba7b810"),
        "enum": [one.name for one in enum.Enum("E", "A B")] == ["A", "B"],
        "ast": ast.literal_eval("{'a': [1, (2,)]}") == {"a": [1, (2,)]},
        "codecs": codecs.decode("uryyb", "rot13") == "hello",
        "compression": gzip.decompress(gzip.compress(b"a")) == zlib.decompress(zlib.compress(b"a")) == b"a",
        "contextlib": contextlib.suppress(KeyError).__exit__(KeyError, KeyError(), None) is True,
        "email": email.utils.parseaddr("Ann <ann@example.com>") == ("Ann", "ann@example.com"),
        "io": list(csv.reader(io.StringIO("a,b"))) == [["a", "b"]],
        "struct": struct.unpack(">H", b"\\x01\\x02") == (258,),
        "traceback": traceback.format_exc() == "NoneType: None\\n" and warnings.warn("x") is None,
        "functools": functools.reduce(lambda a, b: a + b, [1, 2]) == 3,
    }
    wrong = [name for name, holds in checks.items() if not holds]
    if wrong:
        raise AssertionError(str(wrong))
    return True
`;

async function attack(body: string): Promise<string> {
  const source = (key: number, text: string) => ({ key, id: `r${key}`, file: `r${key}.py`, body: text });
  const helper = { id: 'my_helpers', file: 'my_helpers.py', body: HELPER };
  await runner.load([source(0, body), source(1, VICTIM)], [helper]);
  const call = { eventJson: '{"eventName":"x","list":[{"a":1}]}', keys: [0, 1] };
  const answers = await runner.run([call, call]);
  const victim = answers.find(({ rule }) => rule === 1);
  assert.equal(victim?.error, undefined, `the other rule: ${victim?.error?.message}`);
  assert.equal(victim?.matched, true);
  const error = answers.find(({ rule }) => rule === 0)?.error;
  return error === undefined ? 'no error' : `${error.title} ${error.message}`;
}

const inRule = (...lines: readonly string[]) =>
  `def rule(event):\n${lines.map((line) => `    ${line}\n`).join('')}    return False\n`;

/** Refused, with the error that tells so. */
const REFUSED: Readonly<Record<string, readonly [string, RegExp]>> = {
  'sets a function of a class of the library': [
    `import json\n${inRule('json.JSONEncoder.default = None')}`,
    /immutable/,
  ],
  'sets it in passing': [`import json\n${inRule('for json.JSONEncoder.left in [1]: pass')}`, /immutable/],
  'sets it with setattr': [`import json\n${inRule('setattr(json.JSONEncoder, "left", 1)')}`, /immutable/],
  'deletes from it': [`import json\n${inRule('del json.JSONEncoder.default')}`, /immutable/],
  'sets an attribute of a function': [`import json\n${inRule('json.dumps.left = 1')}`, /immutable/],
  'sets an attribute of a helper function of Panther': [
    `from panther_detection_helpers import caching\n${inRule('caching.get_counter.left = 1')}`,
    /immutable/,
  ],
  'makes a data class of it': [
    `import dataclasses, json\n${inRule('dataclasses.dataclass(json.JSONEncoder)')}`,
    /immutable/,
  ],
  'orders it': [`import functools, json\n${inRule('functools.total_ordering(json.JSONEncoder)')}`, /immutable/],
  'wraps it': [`import functools, json\n${inRule('functools.update_wrapper(json.JSONEncoder, rule)')}`, /immutable/],
  ...Object.fromEntries(
    [
      'ast.parse',
      'ast.sys',
      'codecs.open',
      'codecs.register',
      'contextlib.sys',
      'email.utils.socket',
      'gzip.open',
      'io.open',
    ].map((name) => [
      `reaches ${name}`,
      [`import ${name.split('.')[0]}, email.utils\n${inRule(name)}`, /has no attribute|not available/],
    ]),
  ),
  'registers a class with ABC': [`import abc\n${inRule('abc.ABC.register(int)')}`, /register is not available/],
  'sets an attribute of ABC': [`import abc\n${inRule('abc.ABC.left = 1')}`, /immutable/],
  'sets an attribute of what suppresses errors': [
    `import contextlib\n${inRule('contextlib.suppress.left = 1')}`,
    /immutable/,
  ],
  'registers a class with another': [
    `import collections.abc\n${inRule('collections.abc.Mapping.register(int)')}`,
    /register is not available/,
  ],
  'sets the state of a shared object through copies': [
    `import copy, json
class Odd:
    def __reduce_ex__(self, version): return (lambda: json.JSONEncoder, (), (None, {"left": 1}))
${inRule('copy.copy(Odd()); copy.deepcopy(Odd()); raise KeyError("done")')}`,
    /done/,
  ],
  'reads private tables of the library': [
    `import ipaddress\n${inRule('ipaddress.ip_address("1.1.1.1")._constants._private_networks.clear()')}`,
    /_constants is not available/,
  ],
  'reads them through a class of its own': [
    `import ipaddress\nclass Mine(ipaddress.IPv4Address): pass\n${inRule('Mine("1.1.1.1")._constants._private_networks.clear()')}`,
    /_constants is not available/,
  ],
  'reads them by a text': [
    `import ipaddress\n${inRule('getattr(ipaddress.ip_address("1.1.1.1"), "_const" + "ants")._private_networks.clear()')}`,
    /_constants is not available/,
  ],
  'reads them through super': [
    `import ipaddress
class Mine(ipaddress.IPv4Address):
    def take(self): return super()._constants
${inRule('Mine("1.1.1.1").take()')}`,
    /_constants is not available/,
  ],
  'converts an enumeration into a module': [
    `import enum\n${inRule('enum.IntEnum._convert_("left", "json", lambda name: True)')}`,
    /_convert_ is not available/,
  ],
  'reads hidden attributes with a format': [
    inRule('raise KeyError("{0.get.__globals__}".format(event))'),
    /__globals__ is not available/,
  ],
  'reads them with a format in a format': [
    inRule('"{1:{0.get.__globals__}}".format(event, 1)'),
    /__globals__ is not available/,
  ],
  'reads them with a mapped format': [
    inRule('list(map(str.format, ["{0._panther_raw}"], [event]))'),
    /_panther_raw is not available/,
  ],
  'formats with a text of its own kind': [
    `class Odd(str):\n    def __str__(self): return "x"\n${inRule('Odd("{0._panther_raw}").format_map({"0": event})', 'getattr(Odd("{0.__class__}"), "format")(event)')}`,
    /not available/,
  ],
  'makes a class of classes': [`class Meta(type): pass\n${inRule('pass')}`, /class of classes/],
  'makes one by the way': [`${inRule('type(type(event))("X", (), {})')}`, /Error/],
  'names one': [`class X(metaclass=print): pass\n${inRule('pass')}`, /class of classes/],
  'takes the class of a class': [inRule('event.__class__.__class__("X", (), {})'), /Error/],
  'leaves code for later': [
    'class X:\n    def __del__(self): pass\ndef rule(event):\n    return False\n',
    /__del__ is not available/,
  ],
  'changes its built-in functions through globals': [inRule('globals()["__builtins__"]["len"] = None'), /KeyError/],
  'changes a helper of others': [`import my_helpers\n${inRule('my_helpers.remember = None')}`, /cannot be changed/],
  'changes a facade': [`import re\n${inRule('re.compile = None')}`, /cannot be changed/],
  sleeps: [`import time\n${inRule('time.sleep(100)')}`, /cannot wait/],
  'patches a module found in sys': [`import sys\n${inRule('pass')}`, /ImportError/],
  'collects garbage': [`import gc\n${inRule('pass')}`, /ImportError/],
  'goes to C': [`import ctypes\n${inRule('pass')}`, /ImportError/],
  'imports by another name': [`import importlib\n${inRule('pass')}`, /ImportError/],
  pickles: [`import pickle\n${inRule('pass')}`, /ImportError/],
  'looks at the stack': [`import inspect\n${inRule('pass')}`, /ImportError/],
  'starts a thread': [`import threading\n${inRule('pass')}`, /ImportError/],
  'asks the machine': [`import platform\n${inRule('pass')}`, /ImportError/],
  'reads a frame from an error': [
    inRule('try: 1 / 0', 'except ZeroDivisionError as error: error.__traceback__.tb_frame'),
    /not available/,
  ],
  'reads the parts of a function': [inRule('rule.__code__'), /__code__ is not available/],
  'reads the parts by a text': [inRule('getattr(rule, "__" + "globals__")'), /__globals__ is not available/],
  'has a name that is only a text in part': [
    `class Name(str):\n    def startswith(self, *a): return False\n    def __eq__(self, o): return False\n    __hash__ = str.__hash__\n${inRule('getattr(rule, Name("__globals__"))')}`,
    /__globals__ is not available/,
  ],
  'matches on a private attribute': [
    `import ipaddress\n${inRule('match ipaddress.ip_address("1.1.1.1"):', '    case object(_constants=c): c._private_networks.clear()')}`,
    /_constants is not available/,
  ],
};

for (const [what, [body, expected]] of Object.entries(REFUSED)) {
  test(`a rule that ${what} is refused`, async () => {
    assert.match(await attack(body), expected);
  });
}

/** May be done, and changes nothing for others. */
const HARMLESS: Readonly<Record<string, string>> = {
  'keeps things in a helper module': `import my_helpers\n${inRule('my_helpers.SEEN.append(7)', 'my_helpers.Kept.shared = 2', 'my_helpers.Kept.items["a"] = 1', 'my_helpers.remember.left = 1')}`,
  'sets the context of decimals': `import decimal\n${inRule('with decimal.localcontext() as c: pass', 'decimal.getcontext().clear_traps()')}`,
  'seeds the random numbers': `import random\n${inRule('random.seed(7)')}`,
  'changes lists of the library': `import calendar\n${inRule('getattr(calendar, "mdays", []).clear()')}`,
  'poisons the cache of patterns': `import re
class Any(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("admin")
class Flags(int):
    def __eq__(self, other): return True
    def __hash__(self): return hash(0)
${inRule('re.compile(Any("evil"))', 're.compile("admin", Flags(re.I))', 're.compile(Any("ad.in"))')}`,
  'poisons the cache of times': `import datetime
class Format(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("%Y-%m-%d")
${inRule('try: datetime.datetime.strptime("02-01-2026", Format("%m-%d-%Y"))', 'except ValueError: pass')}`,
  'poisons the cache of names': `import fnmatch
class Pattern(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("a*")
${inRule('fnmatch.fnmatch("x", Pattern("zzz"))', 'fnmatch.fnmatch("x", Pattern("b*"))')}`,
  'poisons the cache of networks': `import ipaddress
class Mask(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("8")
${inRule('ipaddress.ip_network(("10.0.0.0", Mask("24")))')}`,
  'poisons the cache of addresses on the web': `import urllib.parse
class Url(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("https://example.com/x")
${inRule('urllib.parse.urlparse(Url("https://192.0.2.1/"))', 'urllib.parse.urlsplit(Url("https://192.0.2.1/"))')}`,
  'prints a megabyte': inRule('print("x" * 1_000_000)'),
  'writes a log': `import logging\nlogging.basicConfig(level=logging.DEBUG)\n${inRule('logging.getLogger("x").error("y")', 'logging.debug("z")')}`,
};

for (const [what, body] of Object.entries(HARMLESS)) {
  test(`a rule that ${what} changes nothing for others`, async () => {
    assert.equal(await attack(body), 'no error');
  });
}

test('what rules do with classes of their own works', async () => {
  const body =
    `
import dataclasses, enum, functools, copy, json, collections, datetime, re
from abc import ABC
`.replace('from abc import ABC\n', '') +
    `
Point = collections.namedtuple("Point", "x y")
@dataclasses.dataclass
class Data:
    a: int
    _b: int = 2
class Base:
    _kind = "base"
    def __init__(self): self._x, self.y = 1, 2
    def _private(self): return self._x
class Derived(Base):
    def _private(self):
        self._x += 1
        return super()._private() + len(self._kind)
    @property
    def shown(self): return self._private()
class Colour(enum.Enum):
    RED = 1
class Encoder(json.JSONEncoder):
    def __init__(self): super().__init__(); self._seen = 0
    def default(self, value): self._seen += 1; return str(value)
class Problem(Exception):
    def __init__(self, text): super().__init__(text); self.code = text
def counted(function):
    @functools.wraps(function)
    def inner(*args):
        inner.calls += 1
        return function(*args)
    inner.calls = 0
    return inner
@counted
def twice(value): return value * 2
def rule(event):
    data = Data(1)
    data._b = 5
    try:
        raise Problem("why")
    except Problem as error:
        error.seen = True
        code = error.code
    found = [
        Point(1, 2)._replace(x=3).x == 3 and Point(1, 2)._asdict() == {"x": 1, "y": 2},
        data._b == 5 and Data(1) == Data(1, 2), Derived().shown == 6, Colour.RED.value == 1,
        Encoder().encode({"a": datetime.timedelta(1)}) == '{"a": "1 day, 0:00:00"}',
        code == "why", twice(2) == 4 and twice.calls == 1, copy.copy(data)._b == 5,
        "{0:06f} {a[0]} {0!r:>4}".format(1, a=[2]) == "1.000000 2    1",
        type(event).__name__ == "PantherEvent" and type(1) is int and isinstance(int, type) and type("a") == str,
        data.__class__ is Data and event.__class__.__name__ == "PantherEvent", getattr(data, "_b") == 5,
        getattr(data, "_none", 7) == 7 and hasattr(data, "_b") and not hasattr(data, "_c"),
        re.compile("(?P<n>a)", re.IGNORECASE).match("A").groupdict() == {"n": "A"},
        datetime.datetime.now(datetime.timezone.utc).tzinfo == datetime.UTC, "rule" in globals(),
    ]
    if not all(found):
        raise AssertionError(str(found))
    return True
`;
  await runner.load([{ key: 0, id: 'r', file: 'r.py', body }], []);
  const [answer] = await runner.run([{ eventJson: '{"a":1}', keys: [0] }]);
  assert.equal(answer?.error, undefined, `${answer?.error?.title} ${answer?.error?.message}`);
  assert.equal(answer?.matched, true);
});
