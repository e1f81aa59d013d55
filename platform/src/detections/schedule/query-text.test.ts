import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDetection } from '../detection.ts';
import { sqlOrError, toLakeSql } from './query-text.ts';
import { nextSlot, slotsBetween } from './slots.ts';

const at = new Date('2026-01-02T12:00:00Z');
const NOW = `TIMESTAMP '2026-01-02 12:00:00.000'`;
const range = (name: string, from: string) => `(${name} >= TIMESTAMP '${from}.000' AND ${name} < ${NOW})`;

const rewritten: readonly (readonly [string, string])[] = [
  [`p_occurs_since('1 day')`, range('p_event_time', '2026-01-01 12:00:00')],
  ['P_OCCURS_SINCE(90m)', range('p_event_time', '2026-01-02 10:30:00')],
  ['not p_occurs_since(3600, t)', `not ${range('t.p_event_time', '2026-01-02 11:00:00')}`],
  ['p_occurs_since(1 hour, , event_timestamp)', range('event_timestamp', '2026-01-02 11:00:00')],
  [
    `p_occurs_between('2026-01-01', '2026-01-02')`,
    `(p_event_time >= TIMESTAMP '2026-01-01' AND p_event_time <= TIMESTAMP '2026-01-02')`,
  ],
  ['x < CURRENT_TIMESTAMP()', `x < ${NOW}`],
  ['current_timestamp - x', `${NOW} - x`],
  ['p_current_timestamp()', NOW],
  ['panther_logs.public.okta_systemlog o', 'panther_logs.okta_systemlog o'],
  ['x >= CURRENT_DATE - 1', "x >= DATE '2026-01-02' - 1"],
  ['iff(a, 1, 2)', 'if(a, 1, 2)'],
  ['x::string', 'x::VARCHAR'],
  [`'p_occurs_since(1d)' -- p_occurs_since(1d)`, `'p_occurs_since(1d)' -- p_occurs_since(1d)`],
];
for (const [given, expected] of rewritten) {
  test(`rewrites ${given}`, () => {
    const sql = toLakeSql(given, at);
    assert.equal(sql, expected);
  });
}

test('what cannot be rewritten is refused with the reason', () => {
  assert.throws(() => toLakeSql('select p_occurs_since(soon)', at), /"soon" is not a span of time/);
  assert.throws(() => toLakeSql('select p_occurs_since(1d, a;b)', at), /"a;b" is not the name/);
  assert.throws(() => toLakeSql('-- pragma: pantherflow\npanther_logs.public.x | limit 1', at), /PantherFlow/);
});

test('what a query would run is its SQL, with macros of other queries, or the reason why there is none', () => {
  const saved = (QueryName: string, Query: string) => {
    const read = toDetection({ AnalysisType: 'saved_query', QueryName, Query }, `${QueryName}.yml`, '');
    assert.ok('detection' in read);
    return read.detection;
  };
  const library = saved('library', '{% macro one(x) export %}SELECT {{ x }}{% endmacro %}');
  const user = saved('user', "{% import 'library' one %}\n{{ one('a::string') }}\n");
  const all = [library, user];
  assert.deepEqual(sqlOrError(user, all, at), { sql: 'SELECT a::VARCHAR', error: '' });
  assert.deepEqual(sqlOrError(library, all, at), { sql: null, error: '' });
  assert.match(sqlOrError(user, [], at).error, /imports "library", and there is no query of that name/);
});

test('slots of a rate are whole multiples of it, those of a cron expression are in UTC', () => {
  const rate = { rateMinutes: 30, timeoutMinutes: 1 };
  const until = new Date('2026-01-02T13:05:00Z');
  assert.deepEqual(
    slotsBetween(rate, at, until, 10).times.map((time) => time.toISOString().slice(11, 16)),
    ['12:30', '13:00'],
  );
  assert.deepEqual(slotsBetween(rate, at, until, 1).earlier, 1);
  const cron = { cron: '15 9 * * *', timeoutMinutes: 1 };
  assert.equal(nextSlot(cron, at)?.toISOString(), '2026-01-03T09:15:00.000Z');
  assert.equal(slotsBetween(cron, at, new Date('2026-01-05T09:15:00Z'), 10).times.length, 3);
  assert.throws(() => nextSlot({ cron: 'often', timeoutMinutes: 1 }, at), /"often" is not valid/);
});
