import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Answer } from '../runner.ts';
import { createTypeScriptRunner } from './runner.ts';

const runner = createTypeScriptRunner({ timeoutMs: 200, memoryMb: 32 });
after(() => runner.close());

const GOOD = `
  interface Event { readonly eventName?: string }
  export function rule(event: Event): boolean { return event.eventName === 'x'; }
  export const title = (event: Event): string => 'saw ' + event.eventName;
`;

/** Runs rules on one event, with a good rule after them, which must not be disturbed. */
async function answers(...bodies: readonly string[]): Promise<readonly Answer[]> {
  await runner.load([...bodies, GOOD].map((body, key) => ({ key, id: `r${key}`, file: `r${key}.ts`, body })));
  const calls = [{ eventJson: '{"eventName":"x","nested":{"list":[1]}}', keys: [...bodies.keys(), bodies.length] }];
  const found = await runner.run(calls);
  const good = found.find(({ rule }) => rule === bodies.length);
  assert.deepEqual([good?.matched, good?.outputs?.title], [true, 'saw x']);
  return found.filter(({ rule }) => rule !== bodies.length);
}

test('a match comes with what the alert functions return, checked and cut', async () => {
  const [answer] = await answers(`
    export const rule = () => true;
    export const title = () => 'x'.repeat(2000);
    export const severity = () => 'high';
    export const destinations = () => [];
    export const alertContext = () => ({ a: 1 });
    export const dedup = () => { throw new Error('no'); };
  `);
  assert.equal(answer?.outputs?.title?.length, 1_000);
  assert.ok(answer?.outputs?.title?.endsWith('... (truncated)'));
  assert.deepEqual(
    { ...answer?.outputs, title: '' },
    { title: '', severity: 'HIGH', destinations: ['SKIP'], alert_context: '{"a":1}' },
  );
  assert.match(answer?.errors?.dedup?.message ?? '', /^no: r0\.ts, line \d+$/);
});

test('an event that does not match gives no answer', async () => {
  assert.deepEqual(await answers('export const rule = () => false;'), []);
});

const HOSTILE: Readonly<Record<string, readonly [string, RegExp]>> = {
  loops: ['export function rule() { for (;;) {} }', /TimeoutError/],
  'loops in its module': ['for (;;) {} export function rule() { return true; }', /TimeoutError/],
  recurses: ['export function rule(e: unknown): boolean { return rule(e); }', /RangeError/],
  allocates: [
    'export function rule() { const a = []; for (;;) a.push(new Array(1e5).fill(1)); }',
    /MemoryError|TimeoutError/,
  ],
  throws: ['export function rule() { throw new Error("boom"); }', /Error: boom/],
  'throws no error': ['export function rule() { throw null; }', /object: null/],
  'returns no boolean': ['export function rule() { return 1; }', /expected a boolean/],
  'changes its event': [
    '"use strict"; export function rule(e: any) { e.nested.list.push(2); return true; }',
    /not extensible/,
  ],
  'has no rule': ['export const x = 1;', /no exported function rule\(event\): r0\.ts$/],
  'does not parse': ['const x = 1;\nexport function rule( { return true; }', /: r0\.ts, line 2$/],
  'needs more than its types stripped': [
    'enum Kind { A }\nexport function rule() { return true; }',
    /enum is not supported.*: r0\.ts, line 1$/,
  ],
  'imports a file system': [
    '\nimport fs from "node:fs"; export function rule() { return true; }',
    /cannot import "node:fs".*: r0\.ts, line 2$/,
  ],
  'imports while it runs': ['export function rule() { import("node:fs"); return true; }', /Not supported/],
  'throws an error that lies': [
    'export function rule() { throw Object.defineProperty(new Error("x"), "message", { get() { throw 1; } }); }',
    /./,
  ],
  'makes code through its event': [
    'export function rule(e: any) { return e.constructor.constructor("return true")(); }',
    /not a function/,
  ],
  evaluates: ['export function rule() { return eval("true"); }', /eval is not defined/],
  'never ends its promises': [
    'export function rule() { const f = (): any => Promise.resolve().then(f); f(); return true; }',
    /TimeoutError|MemoryError/,
  ],
  'asks too much of a pattern': [
    'export function rule() { return /^(a+)+$/.test("a".repeat(40) + "!"); }',
    /TimeoutError/,
  ],
  'asks for the process': ['export function rule() { return process.env.PATH !== ""; }', /process is not defined/],
  requires: ['export function rule() { return require("fs") !== null; }', /require is not defined/],
  'makes code from text': [
    'export function rule() { return (() => {}).constructor("return true")(); }',
    /not a function/,
  ],
  fetches: ['export function rule() { fetch("http://192.0.2.1"); return true; }', /fetch is not defined/],
  'sets a timer': ['export function rule() { setTimeout(() => {}, 1); return true; }', /setTimeout is not defined/],
};

for (const [what, [body, expected]] of Object.entries(HOSTILE)) {
  test(`a rule that ${what} is an error of its own`, async () => {
    const [answer] = await answers(body);
    assert.match(`${answer?.error?.title} ${answer?.error?.message}`, expected);
  });
}

test('a rule sees nothing of another', async () => {
  const found = await answers(
    'globalThis.left = 1; Object.prototype.eventName = "y"; Array.prototype.push = () => 0; export const rule = () => true;',
    'export function rule() { return "left" in globalThis || ({} as any).eventName !== undefined; }',
  );
  assert.deepEqual(
    found.map(({ rule }) => rule),
    [0],
  );
});

test('a megabyte of printing disturbs nobody', async () => {
  const [answer] = await answers('export function rule() { console.log("x".repeat(1e6)); return true; }');
  assert.equal(answer?.matched, true);
});

test('what a unit test prints comes with its answer, cut to size', async () => {
  const body = `
    console.log('loaded');
    export function rule(event: { readonly eventName?: string; readonly many?: boolean }) {
      console.warn('saw', event.eventName, event, [1, { a: null }], 5n, undefined, new Map([['a', new Set([1])]]));
      if (event.many) for (;;) console.log('y'.repeat(1e6));
      return true;
    }
    export const title = () => { console.error(new TypeError('not nice')); return 'x'; };
  `;
  const rule = { key: 0, id: 'r', file: 'r.ts', body };
  const first = await runner.test({ rule, eventJson: '{"eventName":"x"}', mocks: {} });
  assert.equal(
    first.output,
    'loaded\nsaw x {"eventName":"x"} [1,{"a":null}] 5 undefined {"a":[1]}\nTypeError: not nice\n',
  );
  const second = await runner.test({ rule, eventJson: '{"many":true}', mocks: {} });
  assert.equal(second.error?.type, 'TimeoutError');
  assert.ok((second.output?.length ?? 0) < 10_100);
  assert.match(second.output ?? '', /^loaded\nsaw undefined .*\n.*y\n\.\.\. \(truncated after 10000 characters\)$/);
  const quiet = { ...rule, body: 'export const rule = () => globalThis.__panther_print === undefined;' };
  const third = await runner.test({ rule: quiet, eventJson: '{}', mocks: {} });
  assert.deepEqual([third.matched, third.output], [true, undefined]);
});

test('a unit test gives outputs also without a match, and can mock functions', async () => {
  const body = `
    function known(): boolean { return false; }
    export const rule = () => known();
    export const title = () => 't';
  `;
  const rule = { key: 0, id: 'r', file: 'r.ts', body };
  const plain = await runner.test({ rule, eventJson: '{}', mocks: {} });
  assert.deepEqual([plain.matched, plain.outputs?.title], [false, 't']);
  const mocked = await runner.test({ rule, eventJson: '{}', mocks: { known: true } });
  assert.equal(mocked.matched, true);
});

test('a rule cannot answer for another, nor in a form of its own', async () => {
  const forge = (json: string) => `
    const text = ${JSON.stringify(json)};
    JSON.stringify = () => text;
    Array.prototype.includes = () => true;
    Object.prototype.toJSON = function () { return JSON.parse(text); };
    export const rule = () => true;
    export const severity = () => 'WRONG';
  `;
  const found = await answers(forge('{"rule":1,"event":7,"matched":true}'), 'export const rule = () => false;');
  assert.deepEqual(
    found.map(({ rule, event }) => [rule, event]),
    [[0, 0]],
  );
  assert.notEqual(found[0]?.outputs?.severity, 'WRONG');
});

test('after one rule took all memory, the others go on', async () => {
  const found = await answers(
    'export function rule() { const a = []; for (;;) a.push(new Array(1e5).fill(1)); }',
    'for (;;) {}',
    'export const rule = () => true;',
  );
  assert.deepEqual(
    found.map(({ rule, matched }) => [rule, matched]),
    [
      [0, undefined],
      [1, undefined],
      [2, true],
    ],
  );
});

test('authoring helpers can be imported, types too', async () => {
  const body = `
    import type { Event } from 'panther';
    import { deepGet } from 'panther';
    export const rule = (event: Event) => deepGet(event, 'nested', 'list') !== undefined && deepGet(event, 'eventName', 'length') === undefined;
  `;
  const [answer] = await answers(body);
  assert.equal(answer?.matched, true);
});

test('what an alert function makes must be an object that JSON can write', async () => {
  for (const made of ['[]', 'null', '(() => { const a: any = {}; a.a = a; return a; })()', '({ toJSON() {} })']) {
    const [answer] = await answers(`export const rule = () => true; export const alert_context = () => (${made});`);
    assert.equal(answer?.matched, true);
    assert.deepEqual(Object.keys(answer?.errors ?? {}), ['alert_context'], made);
  }
  const [long] = await answers(
    'export const rule = () => true; export const alertContext = () => ({ a: "x".repeat(204_800) });',
  );
  assert.match(long?.outputs?.alert_context ?? '', /bigger than maximum of \[204800\] characters/);
});

test('a batch of many events is answered in order', async () => {
  const body = 'export const rule = (event: { n: number }) => event.n % 2 === 0;';
  await runner.load([{ key: 4, id: 'r', file: 'r.ts', body }]);
  const found = await runner.run(Array.from({ length: 100 }, (_, n) => ({ eventJson: `{"n":${n}}`, keys: [4] })));
  assert.deepEqual(
    found.map(({ event }) => event),
    Array.from({ length: 50 }, (_, index) => index * 2),
  );
});

test('state is kept in the key-value store, and each unit test has one of its own', async () => {
  const body = `
    import { addToStringSet, checkAccountAge, evaluateThreshold, getCounter, getDictionary, getStringSet } from 'panther';
    import { incrementCounter, putDictionary, putStringSet, removeFromStringSet, resetCounter } from 'panther';
    import { resetStringSet, setKeyExpiration } from 'panther';
    const now = () => Math.floor(Date.now() / 1000);
    const checks: Record<string, (key: string) => boolean> = {
      counts: (key) => incrementCounter(key) === 1 && incrementCounter(key, 4) === 5 && getCounter(key) === 5,
      resets: (key) => { incrementCounter(key); resetCounter(key); return getCounter(key) === 0; },
      expires: (key) => { incrementCounter(key, 3, now() - 5); return getCounter(key, { checkExpiration: true }) === 0 && incrementCounter(key) === 1; },
      sets: (key) => [...addToStringSet(key, ['b', 'a'])].join() === 'a,b' && [...removeFromStringSet(key, 'a')].join() === 'b' && getStringSet(key).has('b'),
      puts: (key) => { putStringSet(key, ['x']); const had = checkAccountAge(key); resetStringSet(key); return had && !checkAccountAge(key); },
      dictionaries: (key) => { putDictionary(key, { a: [1] }); return getDictionary(key).a[0] === 1; },
      thresholds: (key) => [1, 2, 3, 4].map(() => evaluateThreshold(key, 2)).join() === 'false,true,false,true',
      forgets: (key) => { putStringSet(key, ['x']); setKeyExpiration(key, now() - 5); return getStringSet(key, { checkExpiration: true }).size === 0; },
    };
    export function rule() {
      const failed = Object.keys(checks).filter((name) => !checks[name]!(name));
      if (failed.length > 0) throw new Error(failed.join());
      return true;
    }
    export const dedup = () => String(getCounter('counts'));
  `;
  const rule = { key: 0, id: 'r', file: 'r.ts', body };
  for (let run = 0; run < 2; run += 1) {
    const answer = await runner.test({ rule, eventJson: '{}', mocks: {} });
    assert.equal(answer.error, undefined, answer.error?.message);
    assert.equal(answer.outputs?.dedup, '5');
  }
  const counting =
    "import { incrementCounter } from 'panther'; export const rule = () => incrementCounter('live') > 1;";
  await runner.load([{ ...rule, body: counting }]);
  const events = [1, 2, 3].map(() => ({ eventJson: '{}', keys: [0] }));
  assert.equal((await runner.run(events)).length, 2);
});

test('what opens the store is not left lying around, and wrong use is an error of the rule', async () => {
  const use = (code: string) => `import { getCounter, incrementCounter, putDictionary } from 'panther'; ${code}`;
  const found = await answers(
    use('export const rule = () => "__panther_ask" in globalThis || Object.keys(globalThis).length > 0;'),
    use('getCounter("k"); export const rule = () => true;'),
    use('export const rule = () => getCounter("") > 0;'),
    use('export const rule = () => putDictionary("k", null as any) === undefined;'),
    use('export const rule = () => { for (let i = 0; i < 2000; i += 1) incrementCounter("k"); return true; };'),
  );
  const expected = [
    /while a rule looks at an event/,
    /key must not be empty/,
    /is an object/,
    /more than 1000 operations/,
  ];
  for (const [index, pattern] of expected.entries())
    assert.match(found.find(({ rule }) => rule === index + 1)?.error?.message ?? '', pattern);
  assert.equal(
    found.find(({ rule }) => rule === 0),
    undefined,
  );
});
