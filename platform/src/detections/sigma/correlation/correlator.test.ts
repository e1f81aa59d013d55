import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadSigma } from '../collection.ts';
import { type CorrelationMatch, type CorrelatorLimits, createCorrelator } from './correlator.ts';

interface Seen {
  readonly t: number;
  readonly rule: string;
  readonly [field: string]: unknown;
}

const BASE = ['a', 'b', 'c']
  .map(
    (name) => `title: ${name}
name: ${name}
id: id-${name}
level: low
logsource: {product: okta}
detection: {selection: {kind: ${name}}, condition: selection}
---
`,
  )
  .join('');

function correlatorOf(correlation: string, limits: CorrelatorLimits = {}) {
  const { correlations, problems } = loadSigma([{ path: 'r.yml', text: `${BASE}${correlation}` }]);
  assert.deepEqual(
    problems.filter(({ level }) => level === 'error'),
    [],
  );
  return createCorrelator<Seen>(
    correlations.map(({ rule }) => rule),
    limits,
  );
}

function run(correlation: string, events: readonly Seen[]): readonly CorrelationMatch<Seen>[] {
  const correlator = correlatorOf(correlation);
  return [
    ...events.flatMap((event) => correlator.add(`id-${event.rule}`, event, event.t * 1_000)),
    ...correlator.end(),
  ];
}

/** Times of the matches, in seconds. */
function times(correlation: string, events: readonly Seen[]): readonly number[] {
  return run(correlation, events).map(({ event }) => event.t);
}

function correlation(type: string, rules: string, rest: string): string {
  return `title: x\nid: corr\ncorrelation: {type: ${type}, rules: ${rules}, group-by: [user], timespan: 10s, ${rest}}\n`;
}

const at = (t: number, rule = 'a', fields: object = {}): Seen => ({ t, rule, user: 'u', ...fields });

test('event_count counts the events of a group within the time span', () => {
  const text = correlation('event_count', '[a]', 'condition: {gte: 3}');
  assert.deepEqual(times(text, [at(0), at(5), at(10), at(16)]), [10]);
  assert.deepEqual(times(text, [at(0), at(5), at(10.1)]), []);
  assert.deepEqual(times(text, [at(0), at(1, 'a', { user: 'other' }), at(2)]), []);
  assert.deepEqual(times(text, [at(0), at(1), at(2, 'a', { user: undefined })]), []);
  assert.deepEqual(times(text, [at(0), at(1, 'b'), at(2)]), []);
});

test('late events count where they belong', () => {
  const text = correlation('event_count', '[a]', 'condition: {gte: 3}');
  assert.deepEqual(times(text, [at(0), at(12), at(2), at(8)]), [8]);
});

test('a condition with an upper end is decided when the time is over', () => {
  const exactly = correlation('event_count', '[a]', 'condition: {eq: 2}');
  assert.equal(run(exactly, [at(0), at(1)]).length, 1);
  assert.equal(run(exactly, [at(0), at(1), at(2)]).length, 0);
  const range = correlation('event_count', '[a]', 'condition: {gt: 1, lte: 3}');
  assert.deepEqual(times(range, [at(0), at(1), at(40), at(80), at(81), at(82), at(83)]), [1]);
});

test('value_count counts different values', () => {
  const text = correlation('value_count', '[a]', 'condition: {field: ip, gte: 2}');
  assert.deepEqual(times(text, [at(0, 'a', { ip: 1 }), at(1, 'a', { ip: 1 }), at(2, 'a', { ip: 2 })]), [2]);
  assert.deepEqual(times(text, [at(0, 'a', { ip: 1 }), at(1), at(11, 'a', { ip: 2 })]), []);
  const pairs = correlation('value_count', '[a]', 'condition: {field: [ip, port], gte: 2}');
  const event = (t: number, ip: number, port: number) => at(t, 'a', { ip, port });
  assert.deepEqual(times(pairs, [event(0, 1, 1), event(1, 1, 1), event(2, 1, 2)]), [2]);
});

test('sums, averages and percentiles of a field', () => {
  const bytes = (...values: unknown[]) => values.map((n, index) => at(index, 'a', { n }));
  const matches = (type: string, condition: string, values: unknown[]) =>
    run(correlation(type, '[a]', `condition: {field: n, ${condition}}`), bytes(...values)).length;
  assert.equal(matches('value_sum', 'gt: 9', [4, '5', 'x', 1]), 1);
  assert.equal(matches('value_avg', 'gt: 5', [20, 1, 1]), 1);
  assert.equal(matches('value_avg', 'gt: 5', [10, 1, 1]), 0);
  assert.equal(matches('value_min', 'lt: 2', [5, 1]), 1);
  assert.equal(matches('value_max', 'gte: 5', [1, 5]), 1);
  assert.equal(matches('value_median', 'eq: 3', [1, 3, 100]), 1);
  assert.equal(matches('value_percentile', 'percentile: 90, gt: 9', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 1);
  assert.equal(matches('value_percentile', 'percentile: 10, gt: 9', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 0);
  assert.equal(matches('value_avg', 'lt: 5', ['x', null]), 0);
});

test('temporal needs every rule, in any order', () => {
  const text = correlation('temporal', '[a, b]', 'generate: false');
  assert.deepEqual(times(text, [at(0, 'b'), at(5, 'a')]), [5]);
  assert.deepEqual(times(text, [at(0, 'b'), at(11, 'a')]), []);
  assert.deepEqual(times(text, [at(0, 'b'), at(5, 'a', { user: 'v' })]), []);
  const two = correlation('temporal', '[a, b, c]', 'condition: {gte: 2}');
  assert.deepEqual(times(two, [at(0, 'a'), at(1, 'a'), at(2, 'c')]), [2]);
});

test('temporal can have a condition over its rules', () => {
  const text = correlation('temporal', '[a, b, c]', 'condition: a and (b or c)');
  assert.deepEqual(times(text, [at(0, 'b'), at(1, 'c'), at(2, 'a')]), [2]);
  const without = correlation('temporal', '[a, b]', 'condition: a and not b');
  assert.equal(run(without, [at(0, 'a'), at(1, 'b')]).length, 0);
  assert.equal(run(without, [at(0, 'a'), at(11, 'b')]).length, 1);
});

test('temporal_ordered needs the order of its rules', () => {
  const text = correlation('temporal_ordered', '[a, b, c]', 'generate: false');
  assert.deepEqual(times(text, [at(0, 'a'), at(1, 'a'), at(2, 'b'), at(3, 'c')]), [3]);
  assert.deepEqual(times(text, [at(0, 'b'), at(1, 'a'), at(2, 'c')]), []);
  assert.deepEqual(times(text, [at(0, 'a'), at(6, 'b'), at(11, 'c')]), []);
  assert.deepEqual(times(text, [at(0, 'a'), at(4, 'c'), at(2, 'b')]), [2], 'an event that is late');
});

test('a correlation can be part of another, grouped as the outer one says', () => {
  const inner = `title: many\nname: many\nid: inner\ncorrelation: {type: event_count, rules: [a], group-by: [host, user], timespan: 10s, condition: {gte: 2}}\n---\n`;
  const outer = correlation('temporal_ordered', '[many, b]', 'generate: false');
  const events = [at(0, 'a', { host: 'h' }), at(1, 'a', { host: 'h' }), at(2, 'b', { host: 'other' })];
  const ids = run(inner + outer, events).map(({ correlationId, group }) => [correlationId, group]);
  assert.deepEqual(ids, [
    ['inner', { host: 'h', user: 'u' }],
    ['corr', { user: 'u' }],
  ]);
});

test('aliases give the fields of different rules one name', () => {
  const text = `title: x\nid: corr\ncorrelation: {type: temporal, rules: [a, b], group-by: [ip], timespan: 10s,
    aliases: {ip: {a: source.ip, b: destination.ip}}}\n`;
  const events = [
    at(0, 'a', { source: { ip: 'x' } }),
    at(1, 'b', { destination: { ip: 'y' } }),
    at(2, 'b', { 'destination.ip': 'x' }),
  ];
  assert.deepEqual(
    run(text, events).map(({ group }) => group),
    [{ ip: 'x' }],
  );
});

test('memory stays bounded, whatever the number of groups', () => {
  const { correlations } = loadSigma([
    { path: 'r.yml', text: BASE + correlation('event_count', '[a]', 'condition: {gte: 2}') },
  ]);
  const correlator = createCorrelator<Seen>(
    correlations.map(({ rule }) => rule),
    { maxGroups: 10 },
  );
  for (let user = 0; user < 1_000; user += 1) correlator.add('id-a', at(1, 'a', { user }), 1_000);
  assert.equal(correlator.add('id-a', at(2, 'a', { user: 0 }), 2_000).length, 0, 'forgotten');
  assert.equal(correlator.add('id-a', at(2, 'a', { user: 999 }), 2_000).length, 1, 'remembered');
});

test('what is wrong with a correlation is told', () => {
  const messages = (text: string) =>
    loadSigma([{ path: 'r.yml', text: BASE + text }]).problems.map(({ message }) => message);
  const wrong = (type: string, rules: string, rest: string, expected: RegExp) =>
    assert.match(messages(correlation(type, rules, rest)).join('\n'), expected);
  wrong('event_count', '[nothing]', 'condition: {gte: 1}', /no rule "nothing"/);
  wrong('event_count', '[corr]', 'condition: {gte: 1}', /refers to itself/);
  wrong('near', '[a]', 'condition: {gte: 1}', /is not one of event_count/);
  wrong('event_count', '[a]', 'generate: true', /condition is missing/);
  wrong('value_count', '[a]', 'condition: {gte: 1}', /needs the "field"/);
  wrong('temporal', '[a]', 'condition: a and b', /not among the rules/);
  wrong('event_count', '[a]', 'condition: {bigger: 1}', /"bigger" is not one of/);
});

/** As the specification says it: every window that ends at an event, from scratch. */
function naive(type: string, events: readonly Seen[], limit: number): ReadonlySet<number> {
  const hits = new Set<number>();
  for (const last of events) {
    const within = events.filter(({ t, user }) => user === last.user && t <= last.t && last.t - t <= 10);
    if (resultOf(type, within) >= limit) hits.add(last.t);
  }
  return hits;
}

function resultOf(type: string, within: readonly Seen[]): number {
  if (type === 'event_count') return within.length;
  if (type === 'value_count') return new Set(within.map(({ ip }) => ip)).size;
  if (type === 'value_sum') return within.reduce((sum, { ip }) => sum + Number(ip), 0);
  if (type === 'value_max') return Math.max(...within.map(({ ip }) => Number(ip)));
  if (type === 'temporal') return new Set(within.map(({ rule }) => rule)).size;
  return longestOf(within.map(({ rule }) => rule));
}

/** Of `a`, `b`, `c` as many as possible in this order: every choice is tried. */
function longestOf(rules: readonly string[]): number {
  const [first, ...others] = rules;
  if (first === undefined) return 0;
  return Math.max(longestOf(others), 1 + longestOf(others.filter((one) => one > first)));
}

test('property: the same matches as looking at every window anew', () => {
  const one = fc.record({
    gap: fc.nat(6),
    user: fc.constantFrom('u', 'v'),
    ip: fc.nat(3),
    rule: fc.constantFrom('a', 'b', 'c'),
  });
  const events = fc.array(one, { maxLength: 30 }).map((list) => {
    let t = 0;
    return list.map(({ gap, ...seen }): Seen => {
      t += gap + 0.001;
      return { t, ...seen };
    });
  });
  const type = fc.constantFrom('event_count', 'value_count', 'value_sum', 'value_max', 'temporal', 'temporal_ordered');
  fc.assert(
    fc.property(events, type, fc.integer({ min: 1, max: 4 }), (list, kind, limit) => {
      const text = correlation(kind, '[a, b, c]', `condition: {field: ip, gte: ${limit}}`);
      assert.deepEqual(new Set(times(text, list)), naive(kind, list, limit));
    }),
    { numRuns: 300 },
  );
});

test('property: late events make the same windows hold, as long as they are not too late', () => {
  const gaps = fc.array(fc.record({ gap: fc.nat(4), late: fc.boolean() }), { minLength: 3, maxLength: 20 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 2, max: 4 }), (list, limit) => {
      let t = 0;
      const ordered = list.map(({ gap, late }) => {
        t += gap + 0.001;
        return { event: at(t), arrives: late ? t + 4 : t };
      });
      const events = ordered.map(({ event }) => event);
      const arriving = ordered.toSorted((a, b) => a.arrives - b.arrives).map(({ event }) => event);
      const text = correlation('event_count', '[a]', `condition: {gte: ${limit}}`);
      assert.equal(times(text, arriving).length > 0, times(text, events).length > 0);
    }),
    { numRuns: 200 },
  );
});

test('property: runs that look back decide the windows that a stream decides, each once', () => {
  const one = fc.record({ gap: fc.nat(9), user: fc.constantFrom('u', 'v') });
  const kind = fc.constantFrom('condition: {lt: 3}', 'condition: {eq: 2}', 'condition: {gt: 1, lte: 3}');
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), kind, fc.integer({ min: 1, max: 12 }), (list, condition, every) => {
      let t = 0;
      const events = list.map(({ gap, user }) => {
        t += gap + 0.001;
        return at(t, 'a', { user });
      });
      const text = correlation('event_count', '[a]', condition);
      const windows = (found: readonly CorrelationMatch<Seen>[]) =>
        found.map(({ group, endMs }) => `${group.user} ${endMs}`).toSorted();
      const decidedUntil = new Map<string, number>();
      const live: CorrelationMatch<Seen>[] = [];
      for (let now = every; now <= t + 20 + every; now += every) {
        // As a scheduled run does: what came in since two time spans before the run before.
        const correlator = correlatorOf(text, { decidedUntil });
        const seen = events.filter((event) => event.t <= now && event.t >= now - every - 20);
        for (const event of seen) correlator.add('id-a', event, event.t * 1_000);
        live.push(...correlator.decide(now * 1_000));
        for (const [key, ms] of correlator.decided) decidedUntil.set(key, ms);
      }
      assert.deepEqual(windows(live), windows(run(text, events)));
    }),
    { numRuns: 100 },
  );
});
