/**
 * Hostile detections in a running Panther: each is stopped, told of once, and switched off when it costs others their
 * time; meanwhile the other rules match every event, and every event is stored.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Client, eventually, setUp, signIn, startPanther, temporaryFolder } from '../support/panther.ts';
import { trailEvent } from '../support/pipeline.ts';
import { addSource, assertBalance, received, select, writeConfig } from '../support/user.ts';

/** What becomes of it: the class of its errors, and whether it is switched off at once. */
interface Hostile {
  readonly body: string;
  readonly error: RegExp;
  readonly isOff?: true;
}

const py = (...lines: readonly string[]) =>
  `def rule(event):\n${lines.map((line) => `    ${line}\n`).join('')}    return True\n`;
const ts = (code: string) => `export function rule(event: any): any { ${code}\n return true; }\n`;

const PYTHON: Readonly<Record<string, Hostile>> = {
  loops: { body: py('while True: pass'), error: /TimeoutError/, isOff: true },
  'loops without listening': {
    body: py('while True:', '    try:', '        while True: pass', '    except BaseException: pass'),
    error: /TimeoutError/,
    isOff: true,
  },
  'loops in a pattern': {
    body: py('import re', 're.match("(a+)+$", "a" * 60 + "b")'),
    error: /TimeoutError/,
    isOff: true,
  },
  'loops while it is loaded': { body: `while True: pass\n${py('pass')}`, error: /TimeoutError/, isOff: true },
  recurses: { body: 'def rule(event):\n    return rule(event)\n', error: /RecursionError/, isOff: true },
  allocates: {
    body: py('x = []', 'while True: x.append(bytearray(100_000_000))'),
    error: /MemoryError/,
    isOff: true,
  },
  throws: { body: py('raise KeyError("boom")'), error: /KeyError/ },
  'changes its event': { body: py('event["eventName"] = "y"'), error: /TypeError/ },
  'opens a file': { body: py('open("/etc/passwd").read()'), error: /PermissionError/ },
  'opens a connection': { body: `import socket\n${py('pass')}`, error: /ImportError/ },
  'reads the environment': { body: py('import os', 'os.environ["HOME"]'), error: /KeyError/ },
  'asks JavaScript': { body: `import js\n${py('pass')}`, error: /ImportError/ },
  'asks Pyodide': { body: `from pyodide.code import run_js\n${py('pass')}`, error: /ImportError/ },
  'asks the engine': { body: `import __main__\n${py('pass')}`, error: /ForbiddenError/ },
  'changes other rules': { body: `import json\n${py('json.loads = None', 'pass')}`, error: /TypeError/ },
  'looks for other rules': { body: py('().__class__.__base__.__subclasses__()'), error: /ForbiddenError/ },
};

const TYPESCRIPT: Readonly<Record<string, Hostile>> = {
  loops: { body: ts('for (;;) {}'), error: /TimeoutError/, isOff: true },
  'loops in its promises': {
    body: ts('const again = (): any => Promise.resolve().then(again); again();'),
    error: /TimeoutError|MemoryError/,
    isOff: true,
  },
  'loops in a pattern': { body: ts('/^(a+)+$/.test("a".repeat(60) + "!");'), error: /TimeoutError/, isOff: true },
  'loops while it is loaded': { body: `for (;;) {}\n${ts('')}`, error: /TimeoutError/, isOff: true },
  recurses: { body: ts('return rule(event);'), error: /RangeError/ },
  allocates: {
    body: ts('const all = []; for (;;) all.push(new Array(1e6).fill(1));'),
    error: /MemoryError|TimeoutError/,
    isOff: true,
  },
  throws: { body: ts('throw new Error("boom");'), error: /Error/ },
  'changes its event': { body: `'use strict';\n${ts('event.eventName = "y";')}`, error: /TypeError/ },
  'opens a file': { body: `import fs from 'node:fs';\n${ts('fs.readFileSync("/etc/passwd");')}`, error: /TypeError/ },
  'opens a connection': { body: ts('fetch("http://192.0.2.1");'), error: /ReferenceError/ },
  'reads the environment': { body: ts('process.env.HOME;'), error: /ReferenceError/ },
  'makes code': { body: ts('(() => {}).constructor("return process")();'), error: /TypeError/ },
};

/** Allowed, and of no effect on others: they match as the good ones do. */
const HARMLESS: Readonly<Record<string, string>> = {
  'py.prints': py('print("x" * 1_000_000)'),
  'py.keeps': 'SEEN = []\ndef rule(event):\n    SEEN.append(event)\n    return True\n',
  'ts.prints': ts('console.log("x".repeat(1e6));'),
  'ts.keeps': ts(
    '(globalThis as any).seen ??= []; (globalThis as any).seen.push(event); (Array.prototype as any).push = () => 0;',
  ),
};

/** They look whether anything of the others' doing is to be seen. */
const GOOD: Readonly<Record<string, string>> = {
  'py.good':
    'import json, re\ndef rule(event):\n    return json.loads("[1]") == [1] and "SEEN" not in globals() and event.get("eventName") == "ConsoleLogin"\n',
  'ts.good': ts('return !("seen" in globalThis) && [1].push(2) === 2 && event.eventName === "ConsoleLogin";'),
};

function writeRules(folder: string): readonly string[] {
  const hostile = [
    ...Object.entries(PYTHON).map(([name, { body }]) => [`py.${name.replaceAll(' ', '-')}`, body] as const),
    ...Object.entries(TYPESCRIPT).map(([name, { body }]) => [`ts.${name.replaceAll(' ', '-')}`, body] as const),
  ];
  const all = [...hostile, ...Object.entries(HARMLESS), ...Object.entries(GOOD)];
  for (const [id, body] of all) {
    const file = `${id}.${id.slice(0, 2)}`;
    const spec = {
      AnalysisType: 'rule',
      RuleID: id,
      Enabled: true,
      Filename: file,
      Severity: 'Low',
      LogTypes: ['AWS.CloudTrail'],
    };
    // JSON is YAML.
    writeFileSync(join(folder, `${id}.yml`), JSON.stringify({ ...spec, DedupPeriodMinutes: 60 }));
    writeFileSync(join(folder, file), body);
  }
  return all.map(([id]) => id);
}

const EVENTS = 5;
const ROUNDS = 2;

async function alertsOf(client: Client) {
  const rows = [];
  for (let cursor: string | null = null; ; ) {
    const query = { limit: '100', ...(cursor === null ? {} : { cursor }) };
    const page = (await client.call('GET /alerts', { query })) as {
      items: readonly Alert[];
      nextCursor: string | null;
    };
    rows.push(...page.items);
    if (page.nextCursor === null) return rows;
    cursor = page.nextCursor;
  }
}

interface Alert {
  readonly ruleId: string;
  readonly type: string;
  readonly title: string;
  readonly eventCount: number;
}

test('hostile detections are stopped, told of once and switched off, and everything else goes on', async (t) => {
  const home = temporaryFolder('containment');
  const rules = join(home, 'rules');
  mkdirSync(rules);
  writeRules(rules);
  const dataDir = join(home, 'data');
  const args = ['--config', writeConfig(home, undefined, { detections: [rules] })];
  let panther = await startPanther({ dataDir, args });
  t.after(() => panther.kill().then(() => rmSync(home, { recursive: true, force: true })));
  let client = await setUp(panther);
  const source = await addSource(client, { name: 'Push', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} });
  const headers = { authorization: `Bearer ${source.token}` };
  let sent = 0;

  async function send(): Promise<void> {
    const lines = Array.from({ length: EVENTS }, () => trailEvent(sent++, 'IAMUser', { eventName: 'ConsoleLogin' }));
    const answer = await fetch(`${panther.url}/api/v1/ingest/Push`, {
      method: 'POST',
      body: lines.join('\n'),
      headers,
    });
    assert.equal(answer.status, 200);
  }

  async function stored(): Promise<void> {
    await eventually(
      `${sent} events are stored`,
      async () => (await client.call('GET /sources/:id', { params: { id: source.id } })).counts.stored >= sent,
      180_000,
      250,
    );
  }

  for (let round = 0; round < ROUNDS; round += 1) {
    await send();
    await stored();
  }

  await t.test('every event is stored, and the good rules match every one', async () => {
    await received(client, source.id, sent);
    await assertBalance(client);
    const matches = await select(
      client,
      'SELECT p_rule_id, count(*) FROM panther_rule_matches.aws_cloudtrail GROUP BY 1 ORDER BY 1',
    );
    const ids = [...Object.keys(GOOD), ...Object.keys(HARMLESS)].sort();
    assert.deepEqual(
      matches.map(([id, count]) => [id, Number(count)]),
      ids.map((id) => [id, sent]),
    );
  });

  await t.test('each hostile rule is alerted on once, however many events it failed on', async () => {
    const alerts = await alertsOf(client);
    for (const [language, hostiles] of [
      ['py', PYTHON],
      ['ts', TYPESCRIPT],
    ] as const) {
      for (const [name, { error, isOff }] of Object.entries(hostiles)) {
        const id = `${language}.${name.replaceAll(' ', '-')}`;
        const own = alerts.filter(({ ruleId }) => ruleId === id);
        assert.ok(
          own.every(({ type }) => type === 'RULE_ERROR'),
          id,
        );
        const failures = own.filter(({ title }) => !title.includes('was switched off'));
        const told = `${id}: ${own.map(({ title, eventCount }) => `${title} ×${eventCount}`).join('; ')}`;
        // Of each kind of error one; memory can run out before the time or after it.
        assert.equal(failures.length, new Set(failures.map(({ title }) => title)).size, told);
        assert.ok(failures.length === 1 || (isOff && failures.length === 2), told);
        for (const { title } of failures) assert.match(title, error, told);
        assert.equal(own.length - failures.length, isOff ? 1 : 0, told);
        if (!isOff) assert.equal(failures[0]?.eventCount, sent, told);
      }
    }
  });

  const switchedOff = [
    ...Object.entries(PYTHON).flatMap(([name, { isOff }]) => (isOff ? [`py.${name.replaceAll(' ', '-')}`] : [])),
    ...Object.entries(TYPESCRIPT).flatMap(([name, { isOff }]) => (isOff ? [`ts.${name.replaceAll(' ', '-')}`] : [])),
  ].sort();

  const faulty = async () => {
    const { items } = await client.call('GET /detections', { query: { text: '.', limit: '200' } });
    const found = items.filter(({ fault }) => fault !== null && fault !== undefined);
    for (const { fault, enabled, id } of found) {
      assert.equal(enabled, false, id);
      assert.match(fault?.reason ?? '', /went beyond its limits 3 times/, id);
    }
    return found.map(({ id }) => id).sort();
  };

  await t.test('those that cost others their time are switched off, with the reason', async () => {
    assert.deepEqual(await faulty(), switchedOff);
  });

  await t.test('they stay so after a kill and a restart, until the user enables them', async () => {
    await panther.kill();
    panther = await startPanther({ dataDir, args });
    client = await signIn(panther);
    assert.deepEqual(await faulty(), switchedOff);
    const id = 'ts.loops';
    const enabled = await client.call('PATCH /detections/:id', { params: { id }, body: { enabled: true } });
    assert.deepEqual([enabled.enabled, enabled.fault], [true, null]);
    await send();
    await stored();
    await eventually('it is switched off again', async () => (await faulty()).includes(id), 60_000, 250);
    assert.deepEqual(await faulty(), switchedOff);
    await assertBalance(client);
  });
});
