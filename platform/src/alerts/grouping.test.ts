import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RuleInfo, RuleResult } from '../core/detection.ts';
import { alertId, dedupKey } from '../core/ids.ts';
import type { AlertDedupTable } from '../ports/state/tables.ts';
import { decideGroup, explainOutcome, type GroupDecision, groupResults } from './grouping.ts';
import { ruleError as error, logEvent, ruleMatch as match, ruleInfo } from './test-support.ts';

const START = Date.parse('2026-01-02T03:00:00.000Z');
const MINUTE = 60_000;

/** Feeds commits, each at a minute, through decisions as the state would keep them. */
function run(
  commits: readonly { readonly minute: number; readonly results: readonly RuleResult[]; readonly rule?: RuleInfo }[],
): { decisions: GroupDecision[]; rows: Map<string, AlertDedupTable> } {
  const rows = new Map<string, AlertDedupTable>();
  const decisions = commits.flatMap(({ minute, results, rule = ruleInfo() }) =>
    [...groupResults(results).values()].map((group) => {
      const decision = decideGroup(group, rows.get(group.key), rule, new Date(START + minute * MINUTE));
      if (decision.row !== undefined) rows.set(decision.row.key, decision.row);
      return decision;
    }),
  );
  return { decisions, rows };
}

const kinds = (decisions: readonly GroupDecision[]): string[] => decisions.map(({ outcome }) => outcome.kind);

describe('windows', () => {
  it('alerts on the first event and merges the rest (need 18: first alert now, then merge)', () => {
    const { decisions } = run([
      { minute: 0, results: [match()] },
      { minute: 1, results: [match(), match()] },
      { minute: 60, results: [match()] },
      { minute: 61, results: [match()] },
    ]);
    assert.deepEqual(kinds(decisions), ['new-alert', 'merged', 'merged', 'new-alert']);
    assert.deepEqual(
      decisions.map((decision) => decision.alertId),
      [1, 1, 1, 2].map((count) => alertId('R', count, 'd')),
    );
    assert.deepEqual(
      decisions.map(({ eventCount }) => eventCount),
      [1, 3, 4, 1],
    );
  });

  it('is measured from the opening, not from the last event', () => {
    const minutes = [0, 30, 59, 89, 121];
    const { decisions } = run(minutes.map((minute) => ({ minute, results: [match()] })));
    assert.deepEqual(kinds(decisions), ['new-alert', 'merged', 'merged', 'new-alert', 'merged']);
  });

  it('applies a changed period at once (need 18: live change of the merge window)', () => {
    const shorter = ruleInfo({ dedupPeriodMinutes: 5 });
    const { decisions } = run([
      { minute: 0, results: [match()] },
      { minute: 10, results: [match()] },
      { minute: 10, results: [match()], rule: shorter },
      { minute: 100, results: [match()], rule: ruleInfo({ dedupPeriodMinutes: 1440 }) },
    ]);
    assert.deepEqual(kinds(decisions), ['new-alert', 'merged', 'new-alert', 'merged']);
  });

  it('does not stay open for longer because the clock was ahead', () => {
    const { decisions } = run([
      { minute: 600, results: [match()] },
      { minute: 0, results: [match()] },
      { minute: 61, results: [match()] },
    ]);
    assert.deepEqual(kinds(decisions), ['new-alert', 'merged', 'new-alert']);
  });

  it('keeps the range of event times and the log types', () => {
    const { rows } = run([
      { minute: 0, results: [match({ event: logEvent('2026-01-01 10:00:00.123456789', 'B') })] },
      { minute: 1, results: [match({ event: logEvent('2026-01-01 09:00:00.000000000', 'A') })] },
    ]);
    const row = rows.get(dedupKey('R', 'd', false));
    assert.equal(row?.first_event_at, '2026-01-01T09:00:00.000Z');
    assert.equal(row?.last_event_at, '2026-01-01T10:00:00.123Z');
    assert.equal(row?.log_types, '["A","B"]');
  });
});

describe('thresholds', () => {
  const rule = ruleInfo({ threshold: 3 });

  it('alerts when the count is reached inside the window, with the values of the first event', () => {
    const { decisions } = run([
      { minute: 0, results: [match({ title: 'first', context: '{"n":1}' })], rule },
      { minute: 1, results: [match({ title: 'second' })], rule },
      { minute: 2, results: [match({ title: 'third' })], rule },
      { minute: 3, results: [match()], rule },
    ]);
    assert.deepEqual(kinds(decisions), ['below-threshold', 'below-threshold', 'new-alert', 'merged']);
    assert.equal(decisions[2]?.fields?.title, 'first');
    assert.equal(decisions[2]?.fields?.context, '{"n":1}');
    assert.equal(new Set(decisions.map((decision) => decision.alertId)).size, 1);
  });

  it('starts to count again in a new window', () => {
    const { decisions } = run([
      { minute: 0, results: [match(), match()], rule },
      { minute: 61, results: [match(), match()], rule },
      { minute: 62, results: [match()], rule },
    ]);
    assert.deepEqual(kinds(decisions), ['below-threshold', 'below-threshold', 'new-alert']);
  });

  it('applies a lowered threshold with the next event', () => {
    const { decisions } = run([
      { minute: 0, results: [match(), match()], rule },
      { minute: 1, results: [match()], rule: ruleInfo({ threshold: 2 }) },
    ]);
    assert.deepEqual(kinds(decisions), ['below-threshold', 'new-alert']);
  });
});

describe('values', () => {
  it('come from the match, else from the rule', () => {
    const own = { title: 't', description: 'd', reference: 'ref', runbook: 'rb', destinations: ['x'], context: '{}' };
    const generated = run([{ minute: 0, results: [match(own)] }]).decisions[0]?.fields;
    assert.deepEqual([generated?.title, generated?.description, generated?.destinations], ['t', 'd', ['x']]);
    const plain = run([{ minute: 0, results: [match()] }]).decisions[0]?.fields;
    assert.deepEqual([plain?.title, plain?.runbook, plain?.destinations], ['A rule', 'rule runbook', null]);
    assert.equal(plain?.severity, 'HIGH');
  });

  it('do not leak from an earlier alert of the same group', () => {
    const { decisions } = run([
      { minute: 0, results: [match({ title: 'old', context: '{"old":1}', destinations: ['x'] })] },
      { minute: 61, results: [match()] },
    ]);
    const fields = decisions[1]?.fields;
    assert.deepEqual([fields?.title, fields?.context, fields?.destinations], ['A rule', '{}', null]);
  });

  it('turn an empty list of destinations into nobody', () => {
    const { decisions } = run([{ minute: 0, results: [match({ destinations: [] })] }]);
    assert.deepEqual(decisions[0]?.fields?.destinations, ['SKIP']);
  });
});

describe('signals and errors', () => {
  it('leave no alert behind a signal', () => {
    const { decisions, rows } = run([{ minute: 0, results: [match()], rule: ruleInfo({ createAlert: false }) }]);
    assert.deepEqual(kinds(decisions), ['signal']);
    assert.equal(decisions[0]?.alertId, undefined);
    assert.equal(rows.size, 0);
  });

  it('alert on the errors of a rule at once, also of a signal and below its threshold', () => {
    const rule = ruleInfo({ createAlert: false, threshold: 100 });
    const { decisions, rows } = run([{ minute: 0, results: [error, error], rule }]);
    assert.deepEqual(kinds(decisions), ['new-alert']);
    assert.equal([...rows.values()][0]?.type, 'RULE_ERROR');
    assert.equal(decisions[0]?.fields?.description, error.message);
  });

  it('keep errors apart from matches, whatever the dedup string says', () => {
    const results = ['KeyError', 'KeyError:error'].map((dedup) => match({ dedup }));
    const { decisions, rows } = run([{ minute: 0, results: [error, ...results] }]);
    assert.equal(rows.size, 3);
    assert.equal(new Set(decisions.map((decision) => decision.alertId)).size, 3);
  });
});

it('says why results did or did not become an alert (need 19)', () => {
  const rule = ruleInfo({ threshold: 2 });
  const { decisions } = run([
    { minute: 0, results: [match()], rule },
    { minute: 1, results: [match()], rule },
    { minute: 2, results: [match()], rule },
    { minute: 3, results: [match()], rule: ruleInfo({ createAlert: false }) },
  ]);
  const id = alertId('R', 1, 'd');
  const until = '2026-01-02T04:00:00.000Z';
  assert.deepEqual(decisions.map(explainOutcome), [
    `No alert yet: 1 of 2 events; counting until ${until}.`,
    `New alert ${id}; further matches are merged into it until ${until}.`,
    `Merged into alert ${id}, whose window is open until ${until}.`,
    'No alert: the rule is a signal, its matches are only stored.',
  ]);
});

describe('any split of events into commits', () => {
  const results = fc.array(
    fc.record({
      dedup: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('match', 'error'),
      second: fc.nat(3_000),
    }),
    { maxLength: 60 },
  );

  it('gives the same alerts with the same counts, values and times', () => {
    fc.assert(
      fc.property(results, fc.array(fc.nat(60)), fc.integer({ min: 1, max: 5 }), (drawn, cuts, threshold) => {
        const all = drawn.map(({ dedup, kind, second }, index): RuleResult => {
          const at = `2026-01-02 03:${String(Math.floor(second / 60)).padStart(2, '0')}:00.000000000`;
          const title = `title ${index}`;
          return kind === 'match'
            ? match({ dedup, title, event: logEvent(at) })
            : { ...error, dedup, title, event: logEvent(at) };
        });
        const rule = ruleInfo({ threshold });
        const once = run([{ minute: 0, results: all, rule }]);
        const points = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
        const pieces = points.slice(1).map((end, index) => all.slice(points[index], end));
        const split = run(pieces.map((piece) => ({ minute: 0, results: piece, rule })));
        assert.deepEqual(split.rows, once.rows);
        const made = ({ decisions }: typeof once) =>
          new Map(decisions.filter(({ fields }) => fields).map(({ alertId: id, fields }) => [id, fields]));
        assert.deepEqual(made(split), made(once));
      }),
    );
  });
});
