import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { RuleInfo, RuleResult } from '../core/detection.ts';
import { alertId } from '../core/ids.ts';
import type { State } from '../ports/state/state.ts';
import { AlertConflict, commitAlerts, resolveAlerts } from './life-cycle.ts';
import { relayOutbox } from './outbox.ts';
import { logEvent, openStore, ruleError, ruleInfo, ruleMatch, type Store } from './test-support.ts';

const NOW = new Date('2026-01-02T03:00:00.000Z');
const rules = new Map<string, RuleInfo>([
  ['R', ruleInfo()],
  ['Burst', ruleInfo({ id: 'Burst', threshold: 5 })],
]);

let store: Store;
before(async () => {
  store = await openStore();
});
after(() => store.close());
beforeEach(async () => {
  const { db } = store.state;
  await Promise.all([db.deleteFrom('alert_dedup').execute(), db.deleteFrom('alerts').execute()]);
  await db.deleteFrom('outbox').execute();
});

async function commit(state: State, results: readonly RuleResult[], now = NOW, lookup: typeof rules = rules) {
  const resolution = await resolveAlerts(state, results, lookup, now);
  return state.transaction((tx) => commitAlerts(tx, resolution));
}

/** As the log processor does: resolve, write rows, commit; again after a conflict. Gives the ids that rows carry. */
async function commitWithRetry(state: State, results: readonly RuleResult[]): Promise<(string | undefined)[]> {
  for (;;) {
    const resolution = await resolveAlerts(state, results, rules, NOW);
    const ids = results.map((result) => resolution.decisionFor(result).alertId);
    try {
      await state.transaction((tx) => commitAlerts(tx, resolution));
      return ids;
    } catch (error) {
      if (!(error instanceof AlertConflict)) throw error;
    }
  }
}

const alerts = () => store.state.db.selectFrom('alerts').selectAll().orderBy('rule_id').orderBy('dedup').execute();
const outbox = () => store.state.db.selectFrom('outbox').selectAll().orderBy('id').execute();

describe('a commit', () => {
  it('makes an alert with its values, and owes its queue one notification', async () => {
    const event = logEvent('2026-01-02 02:59:00.000000000');
    await commit(store.state, [
      ruleMatch({ event, title: 'Somebody did something', context: '{"who":"somebody"}', destinations: ['On call'] }),
      ruleMatch({ title: 'not the first' }),
    ]);
    const id = alertId('R', 1, 'd');
    const [alert, ...others] = await alerts();
    assert.equal(others.length, 0);
    assert.deepEqual(
      { ...alert },
      {
        id,
        type: 'RULE',
        rule_id: 'R',
        rule_version: 'v1',
        rule_name: 'A rule',
        title: 'Somebody did something',
        severity: 'HIGH',
        status: 'OPEN',
        dedup: 'd',
        created_at: NOW.toISOString(),
        updated_at: NOW.toISOString(),
        first_event_at: '2026-01-02T02:59:00.000Z',
        last_event_at: '2026-01-02T03:00:00.000Z',
        event_count: 2,
        log_types: '["T"]',
        description: 'rule description',
        reference: 'rule reference',
        runbook: 'rule runbook',
        tags: '["tag"]',
        context: '{"who":"somebody"}',
        destinations: '["On call"]',
        output_ids: '[]',
        assignee: null,
        status_by: null,
        status_at: null,
      },
    );
    const bodies = (await outbox()).map(({ queue, body }) => [queue, JSON.parse(body)]);
    assert.deepEqual(bodies, [['panther-alerts-queue', { alertId: id }]]);
  });

  it('merges later events into the alert without telling anybody again', async () => {
    await commit(store.state, [ruleMatch()]);
    const later = new Date(NOW.getTime() + 60_000);
    const [decision] = await commit(store.state, [ruleMatch({ event: logEvent(undefined, 'U') })], later);
    assert.equal(decision?.outcome.kind, 'merged');
    const [alert] = await alerts();
    assert.deepEqual([alert?.event_count, alert?.log_types], [2, '["T","U"]']);
    assert.equal(alert?.updated_at, later.toISOString());
    assert.equal((await outbox()).length, 1);
  });

  it('waits for the threshold', async () => {
    const four = Array.from({ length: 4 }, () => ruleMatch({ ruleId: 'Burst' }));
    const [first] = await commit(store.state, four);
    assert.deepEqual(
      first?.outcome.kind === 'below-threshold' && [first.outcome.count, first.outcome.threshold],
      [4, 5],
    );
    assert.equal((await alerts()).length + (await outbox()).length, 0);
    await commit(store.state, [ruleMatch({ ruleId: 'Burst' })]);
    assert.deepEqual(
      (await alerts()).map(({ event_count }) => event_count),
      [5],
    );
    assert.equal((await outbox()).length, 1);
  });

  it('alerts on rules that fail', async () => {
    await commit(store.state, [ruleError, ruleError]);
    const [alert] = await alerts();
    assert.deepEqual([alert?.type, alert?.title, alert?.event_count], ['RULE_ERROR', "KeyError('x')", 2]);
  });

  it('leaves nothing behind when the transaction around it fails', async () => {
    const resolution = await resolveAlerts(store.state, [ruleMatch()], rules, NOW);
    const failing = store.state.transaction(async (tx) => {
      await commitAlerts(tx, resolution);
      throw new Error('the disk is full');
    });
    await assert.rejects(failing, /disk is full/);
    assert.equal((await alerts()).length + (await outbox()).length, 0);
    // The attempt after it counts each event once.
    await store.state.transaction((tx) => commitAlerts(tx, resolution));
    assert.deepEqual(
      (await alerts()).map(({ event_count }) => event_count),
      [1],
    );
  });

  it('takes thousands of groups, and text that a database may not like', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) => ruleMatch({ dedup: `d${index}` }));
    const odd = ruleMatch({ dedup: 'nul \0, \ud800 and \u202e', title: "'; DROP TABLE alerts; --\0" });
    await commit(store.state, [...many, odd]);
    assert.equal((await alerts()).length, 3_001);
    assert.ok((await alerts()).every(({ title, dedup }) => !`${title}${dedup}`.includes('\0')));
  });

  it('is a mistake when a rule gave a result and is not known', async () => {
    await assert.rejects(commit(store.state, [ruleMatch({ ruleId: 'Unknown' })]), /rule Unknown gave a result/);
  });
});

describe('two commits at once', () => {
  it('conflict when the other one opened another alert in between', async () => {
    const late = new Date(NOW.getTime() + 61 * 60_000);
    await commit(store.state, [ruleMatch()]);
    const other = store.openState();
    // Decided while the first window was open; by the commit, another process has opened the next one.
    const resolution = await resolveAlerts(other, [ruleMatch()], rules, NOW);
    await commit(store.state, [ruleMatch()], late);
    await assert.rejects(
      other.transaction((tx) => commitAlerts(tx, resolution)),
      AlertConflict,
    );
    assert.deepEqual((await alerts()).map(({ event_count }) => event_count).sort(), [1, 1]);
  });

  it('do not conflict when both merge into the same alert', async () => {
    await commit(store.state, [ruleMatch()]);
    const other = store.openState();
    const mine = await resolveAlerts(store.state, [ruleMatch()], rules, NOW);
    const theirs = await resolveAlerts(other, [ruleMatch(), ruleMatch()], rules, NOW);
    await other.transaction((tx) => commitAlerts(tx, theirs));
    await store.state.transaction((tx) => commitAlerts(tx, mine));
    assert.deepEqual(
      (await alerts()).map(({ event_count }) => event_count),
      [4],
    );
  });

  it('count every event once and notify once, however they interleave', async () => {
    const states = [store.state, store.openState(), store.openState()];
    const results = Array.from({ length: 90 }, (_, index) =>
      ruleMatch({ ruleId: index % 2 === 0 ? 'R' : 'Burst', dedup: `d${index % 3}` }),
    );
    const pieces = Array.from({ length: 30 }, (_, index) => results.slice(index * 3, index * 3 + 3));
    const ids = await Promise.all(
      states.map(async (state, worker) => {
        const seen: (string | undefined)[] = [];
        for (const piece of pieces.filter((_, index) => index % 3 === worker)) {
          seen.push(...(await commitWithRetry(state, piece)));
        }
        return seen;
      }),
    );
    const rows = await alerts();
    assert.deepEqual(
      rows.map(({ event_count }) => event_count),
      [15, 15, 15, 15, 15, 15],
    );
    assert.deepEqual(new Set(ids.flat()), new Set(rows.map(({ id }) => id)));
    assert.equal((await outbox()).length, 6);
  });
});

it('any commits, with failures and retries in between, give what one commit gives', async () => {
  const result = fc.record({ ruleId: fc.constantFrom('R', 'Burst'), dedup: fc.constantFrom('a', 'b') });
  const commits = fc.array(fc.tuple(fc.array(result, { maxLength: 6 }), fc.boolean()), { maxLength: 8 });
  const summary = async () => (await alerts()).map(({ id, event_count, title }) => [id, event_count, title]);
  const clear = async () => {
    for (const table of ['alert_dedup', 'alerts', 'outbox'] as const) await store.state.db.deleteFrom(table).execute();
  };
  await fc.assert(
    fc.asyncProperty(commits, async (drawn) => {
      let n = 0;
      const pieces = drawn.map(([piece, fails]) => ({
        fails,
        results: piece.map((change) => ruleMatch({ ...change, title: `title ${n++}` })),
      }));
      await clear();
      await commit(
        store.state,
        pieces.flatMap(({ results }) => results),
      );
      const expected = await summary();
      await clear();
      for (const { results, fails } of pieces) {
        const resolution = await resolveAlerts(store.state, results, rules, NOW);
        const crash = store.state.transaction(async (tx) => {
          await commitAlerts(tx, resolution);
          if (fails) throw new Error('crash');
        });
        await crash.catch(() => commit(store.state, results));
      }
      assert.deepEqual(await summary(), expected);
      assert.equal((await outbox()).length, expected.length);
    }),
    { numRuns: 30 },
  );
});

describe('the outbox', () => {
  it('is sent in order, across batches, and is empty afterwards', async () => {
    const results = Array.from({ length: 250 }, (_, index) => ruleMatch({ dedup: `d${index}` }));
    await commit(store.state, results);
    const expected = (await outbox()).map(({ body }) => body);
    const log = { warn: () => {} };
    assert.equal(await relayOutbox({ state: store.state, queue: store.queue, log }), 250);
    assert.equal((await outbox()).length, 0);
    const received: string[] = [];
    while (received.length < 250) {
      const messages = await store.queue.receive('panther-alerts-queue', { maxMessages: 10, waitMs: 0 });
      received.push(...messages.map(({ body }) => body));
    }
    assert.deepEqual(received, expected);
    await store.queue.purge('panther-alerts-queue');
  });

  it('keeps what a queue refuses, and what follows it there, without holding up other queues', async () => {
    const row = { attributes: '{}', created_at: NOW.toISOString() };
    await store.queue.ensure('other-queue', { visibilityTimeoutMs: 1_000, maxReceiveCount: 3 });
    const tooMany = JSON.stringify(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, 'x'])));
    await store.state.db
      .insertInto('outbox')
      .values([
        { ...row, queue: 'panther-alerts-queue', body: 'refused', attributes: tooMany },
        ...Array.from({ length: 10 }, (_, index) => ({ ...row, queue: 'panther-alerts-queue', body: `b${index}` })),
        { ...row, queue: 'other-queue', body: 'other' },
      ])
      .execute();
    const warnings: string[] = [];
    const log = { warn: (_: object, message: string) => warnings.push(message) };
    await relayOutbox({ state: store.state, queue: store.queue, log });
    assert.deepEqual(
      (await outbox()).map(({ body }) => body),
      ['refused', 'b9'],
    );
    assert.deepEqual(warnings, ['queue refused messages']);
    assert.equal((await store.queue.counts('other-queue')).visible, 1);
    await store.queue.purge('panther-alerts-queue');
  });
});
