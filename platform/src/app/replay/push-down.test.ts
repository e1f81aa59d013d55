/** Conditions as SQL leave out no event of the lake that the planner would keep: random conditions over random rows. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/panther.ts';
import type { LogEvent } from '../../core/event.ts';
import type { Column, ScalarType } from '../../core/table.ts';
import type { Condition, Fallback, Scalar, Step, Test } from '../../detections/planner/condition.ts';
import { holds } from '../../detections/planner/evaluate.ts';
import { pushDown } from '../../detections/replay/push-down.ts';
import { createDuckdb } from '../../lake/duckdb.ts';
import { writePart } from '../../lake/part.ts';
import { readStoredEvents } from '../../lake/stored-events.ts';
import { logTable } from '../../lake/tables.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { parseStored } from './lake-events.ts';

const scalar = (name: string, type: ScalarType): Column => ({ name, type: { kind: 'scalar', type } });
const OWN: readonly Column[] = [
  scalar('a', 'string'),
  scalar('b', 'string'),
  scalar('n', 'int'),
  scalar('big', 'bigint'),
  scalar('f', 'boolean'),
  scalar('r', 'double'),
  scalar('t', 'timestamp'),
  scalar('j', 'json'),
  { name: 'l', type: { kind: 'array', element: { kind: 'scalar', type: 'string' } } },
  {
    name: 's',
    type: {
      kind: 'struct',
      fields: [
        scalar('a', 'string'),
        scalar('n', 'int'),
        scalar('j', 'json'),
        { name: 's', type: { kind: 'struct', fields: [scalar('a', 'string')] } },
      ],
    },
  },
];
const STANDARD = logTable('Test.Log', []).columns;
const TABLE = logTable('Test.Log', [...OWN, ...STANDARD.filter(({ name }) => name.startsWith('p_'))]);
const WORDS = ['', 'x', 'X', 'xy', 'ſK', 'É', "o'k", 'a"b', '404', 'null', 'x%_'];
const NUMBERS = [0, 1, -1, 5, 404, 2 ** 31 - 1];

const word = fc.constantFrom(...WORDS);
const number = fc.constantFrom(...NUMBERS);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    word,
    number,
    fc.constantFrom(true, false, null, 1.5),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'n', 'x', 'A'), tie('value'), { maxKeys: 3 }),
  ),
})).value;
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });
const row = fc.record({
  a: maybe(word),
  b: maybe(word),
  n: maybe(number),
  big: maybe(fc.constantFrom<number | bigint>(1, 5, 9_007_199_254_740_993n)),
  f: maybe(fc.boolean()),
  r: maybe(fc.constantFrom(0, 1, 1.5, -1)),
  t: maybe(fc.constant('2026-01-01 00:00:00.000000000')),
  j: maybe(json),
  l: maybe(fc.array(word, { maxLength: 2 })),
  s: maybe(fc.record({ a: maybe(word), n: maybe(number), j: maybe(json), s: maybe(fc.record({ a: maybe(word) })) })),
});

const key = fc.constantFrom('a', 'b', 'n', 'big', 'f', 'r', 't', 'j', 'l', 's', 'A', 'none', 'x');
const scalarValue = fc.oneof<fc.Arbitrary<Scalar>[]>(word, number, fc.constantFrom(true, false, null, 1.5));
const fallback = fc.oneof<fc.Arbitrary<Fallback>[]>(scalarValue, fc.constant({}), fc.constant([]));
const keys = fc.array(key, { minLength: 1, maxLength: 3 });
const pythonStep: fc.Arbitrary<Step> = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ by: fc.constant('get' as const), key, fallback }),
  fc.record({ by: fc.constant('item' as const), key }),
  fc.record({ by: fc.constant('or' as const), fallback }),
  fc.constantFrom({ by: 'lower' }, { by: 'upper' }),
);
const pythonSteps = fc.oneof(
  fc.array(pythonStep, { minLength: 1, maxLength: 4 }),
  fc
    .tuple(
      fc.record({ by: fc.constant('deep' as const), keys, fallback }),
      fc.boolean(),
      fc.array(pythonStep, { maxLength: 2 }),
    )
    .map(([deep, isHelper, rest]) => [isHelper ? { ...deep, isHelper: true as const } : deep, ...rest]),
);
const scriptSteps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ by: fc.constant('member' as const), key }),
    fc.record({ by: fc.constant('member' as const), key, isOptional: fc.constant(true as const) }),
    fc.record({ by: fc.constant('nullish' as const), fallback: scalarValue }),
    fc.constantFrom({ by: 'lower' }, { by: 'upper' }, { by: 'end' }),
  ),
  { minLength: 1, maxLength: 4 },
);
const values = fc.array(scalarValue, { minLength: 1, maxLength: 3 });
const asked: fc.Arbitrary<Test> = fc.oneof<fc.Arbitrary<Test>[]>(
  fc.record({ is: fc.constant('in' as const), values }),
  fc.record({ is: fc.constant('in' as const), values, isHashed: fc.constant(true as const) }),
  fc.record({ is: fc.constant('same' as const), value: fc.constantFrom(true, false, null) }),
  fc.record({
    is: fc.constantFrom('startsWith' as const, 'endsWith' as const),
    values: fc.array(word, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ is: fc.constant('contains' as const), value: word }),
  fc.record({ is: fc.constantFrom('less' as const, 'greaterOrEqual' as const), value: number }),
  fc.record({ is: fc.constant('typeof' as const), name: fc.constantFrom('string', 'number', 'object') }),
  fc.constantFrom({ is: 'truthy' }, { is: 'boolean' }, { is: 'nullish' }, { is: 'undefined' }),
);
const when = fc.constantFrom('true' as const, 'false' as const, 'unsure' as const);
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    op: fc.constant('test' as const),
    language: fc.constant('python' as const),
    steps: pythonSteps,
    test: asked,
    when,
  }),
  fc.record({
    op: fc.constant('test' as const),
    language: fc.constant('typescript' as const),
    steps: scriptSteps,
    test: asked,
    when,
  }),
);
const condition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(leaf, { minLength: 2, maxLength: 3 }),
    }),
  },
);

const ROWS = 300;
const CONDITIONS = 600;
const root = temporaryFolder('push-down');
const duckdb = createDuckdb({ tmpDir: root, memoryBytes: 256 << 20, threads: 1 });
const signal = new AbortController().signal;
let path = '';

before(async () => {
  const standard = { p_log_type: 'Test.Log', p_event_time: '2026-01-01 00:00:00.000000000' };
  const rows = fc
    .sample(row, ROWS)
    .map((one, index) =>
      stringifyEvent({ ...one, ...standard, p_row_id: String(index), p_parse_time: standard.p_event_time }),
    );
  const file = join(root, 'rows.ndjson');
  writeFileSync(file, `${rows.join('\n')}\n`);
  const connection = await duckdb.connect();
  const part = await writePart(connection, TABLE, { path: file, rowCount: ROWS, maxRowBytes: 1 << 16 }, (refused) => {
    throw new Error(refused.reason);
  });
  connection.closeSync();
  path = part?.path ?? '';
});
after(() => duckdb.close());

async function read(where?: string): Promise<readonly LogEvent[]> {
  const query = {
    tables: [{ table: TABLE, paths: [path], where }],
    from: '2026-01-01 00:00:00',
    to: '2026-01-02 00:00:00',
  };
  const events: LogEvent[] = [];
  for await (const batch of readStoredEvents({ duckdb, parse: parseStored }, { ...query, signal }))
    events.push(...batch);
  return events;
}

test('no event that a condition holds for is left out by its SQL', async (t) => {
  const events = await read();
  assert.equal(events.length, ROWS);
  let pushed = 0;
  let left = 0;
  for (const one of fc.sample(condition, CONDITIONS)) {
    const where = pushDown(one, TABLE.columns);
    if (where === undefined) continue;
    pushed += 1;
    const found = new Set((await read(where)).map(({ p_row_id }) => p_row_id));
    left += ROWS - found.size;
    const lost = events.filter((event) => holds(one, event) && !found.has(event.p_row_id));
    assert.deepEqual(lost, [], `${JSON.stringify(one)}\n${where}`);
  }
  t.diagnostic(
    `${pushed} of ${CONDITIONS} conditions are SQL; they leave out ${Math.round((100 * left) / pushed / ROWS)} % of the rows`,
  );
  assert.ok(pushed > CONDITIONS / 8, `${pushed} conditions are SQL`);
});
