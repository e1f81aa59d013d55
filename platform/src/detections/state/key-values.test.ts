import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import pg from 'pg';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openPostgresState } from '../../adapters/aws/postgres-state.ts';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import type { State } from '../../ports/state/state.ts';
import { createKeyValueSession, type KeyValueSession, removeExpired } from './key-values.ts';

const folder = temporaryFolder('key-values');
let now = 1_800_000_000;
const memory = () => createKeyValueSession({ db: null, now: () => new Date() });

testOn('SQLite', async () => openSqliteState(join(folder, 'state.db')));
const server = process.env.PANTHER_TEST_POSTGRES_URL;
if (server !== undefined) testOn('PostgreSQL', () => openPostgres(server));
after(() => rm(folder, { recursive: true }));

async function openPostgres(url: string): Promise<State> {
  const database = `panther_values_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${database}`);
  await client.end();
  const own = new URL(url);
  own.pathname = `/${database}`;
  return openPostgresState({ url: own.href, maxConnections: 8 });
}

function testOn(name: string, openState: () => Promise<State>): void {
  describe(`key-value store in ${name}`, () => {
    let state: State;
    before(async () => {
      state = await openState();
      await state.migrate();
    });
    after(() => state.close());
    testKeyValues(() => state);
  });
}

function testKeyValues(stateOf: () => State): void {
  const open = () => createKeyValueSession({ db: stateOf().db, now: () => new Date(now * 1_000) });
  const commit = async (session: KeyValueSession) => {
    await stateOf().transaction((tx) => session.apply(tx));
    session.clear();
  };
  const ask = async (session: KeyValueSession, op: string, key: string, rest: object = {}) => {
    const answer = JSON.parse(await session.call(JSON.stringify({ op, key, ...rest }))) as { value: unknown };
    return 'value' in answer ? answer.value : answer;
  };
  const increment = (session: KeyValueSession, key: string, by = 1) =>
    ask(session, 'increment', key, { by, expiresAt: null });
  const count = (session: KeyValueSession, key: string, force = false) => ask(session, 'get-count', key, { force });

  it('a counter, a set and a dictionary share a key, and are there in the next session', async () => {
    const first = open();
    assert.equal(await count(first, 'k'), 0);
    assert.equal(await increment(first, 'k', 5), 5);
    assert.deepEqual(await ask(first, 'add-strings', 'k', { values: ['b', 'a'], expiresAt: null }), ['a', 'b']);
    await ask(first, 'put-dictionary', 'k', { json: '{"a":1}', expiresAt: null });
    await commit(first);
    const next = open();
    assert.equal(await increment(next, 'k', -1), 4);
    assert.deepEqual(await ask(next, 'remove-strings', 'k', { values: ['a'], expiresAt: null }), ['b']);
    assert.equal(await ask(next, 'get-dictionary', 'k', { force: false }), '{"a":1}');
    await ask(next, 'reset-count', 'k');
    assert.equal(await count(next, 'k'), 0);
  });

  it('what a session did not commit has not happened', async () => {
    const lost = open();
    await increment(lost, 'crash', 3);
    const retry = open();
    assert.equal(await increment(retry, 'crash', 3), 3);
    await commit(retry);
    assert.equal(await count(open(), 'crash'), 3);
  });

  it('what follows a mark can be undone', async () => {
    const session = open();
    await increment(session, 'marked', 2);
    session.mark();
    await increment(session, 'marked', 5);
    await increment(session, 'fresh', 5);
    session.undo();
    assert.deepEqual([await count(session, 'marked'), await count(session, 'fresh')], [2, 0]);
  });

  it('a transaction that is repeated makes the changes once', async () => {
    const session = open();
    await increment(session, 'again', 2);
    const failing = stateOf().transaction(async (tx) => {
      await session.apply(tx);
      throw new Error('conflict');
    });
    await assert.rejects(failing, /conflict/);
    await commit(session);
    assert.equal(await count(open(), 'again'), 2);
  });

  it('workers at the same time lose nothing of each other', async () => {
    const workers = Array.from({ length: 8 }, open);
    await Promise.all(
      workers.map(async (worker, index) => {
        for (let round = 0; round < 25; round += 1) {
          await increment(worker, 'parallel');
          await ask(worker, 'add-strings', 'parallel', { values: [`${index}-${round}`], expiresAt: null });
          if (round % 5 === 4) await commit(worker);
        }
      }),
    );
    const end = open();
    assert.equal(await count(end, 'parallel'), 200);
    assert.equal(((await ask(end, 'get-strings', 'parallel', { force: false })) as string[]).length, 200);
  });

  it('an item that has expired is read until it is removed, and starts anew when it is changed', async () => {
    const session = open();
    await ask(session, 'increment', 'ttl', { by: 7, expiresAt: now + 60 });
    await ask(session, 'put-strings', 'ttl', { values: ['x'], expiresAt: now + 60 });
    await commit(session);
    now += 61;
    const later = open();
    assert.deepEqual([await count(later, 'ttl'), await count(later, 'ttl', true)], [7, 0]);
    assert.deepEqual(await ask(later, 'get-strings', 'ttl', { force: true }), []);
    assert.equal(await ask(later, 'has-strings', 'ttl'), false);
    assert.equal(await ask(later, 'increment', 'ttl', { by: 1, expiresAt: now + 60 }), 1);
    await commit(later);
    now += 61;
    await removeExpired(stateOf().db, new Date(now * 1_000));
    assert.equal(await count(open(), 'ttl'), 0);
  });

  it('wrong arguments and too much are told', async () => {
    const session = open();
    const wrong = async (op: string, key: string, rest: object) =>
      ((await ask(session, op, key, rest)) as { error: string }).error;
    assert.match(await wrong('get-count', '', { force: false }), /key must not be empty/);
    assert.match(await wrong('get-count', 'k'.repeat(3_000), { force: false }), /longer than 2048 bytes/);
    assert.match(await wrong('drop-table', 'k', {}), /./);
    assert.match(await wrong('put-dictionary', 'k', { json: 'x'.repeat(500_000), expiresAt: null }), /longer than/);
    assert.match(await wrong('put-dictionary', 'k', { json: 'x'.repeat(5_000_000), expiresAt: null }), /too long/);
    await increment(session, 'big', Number.MAX_SAFE_INTEGER);
    assert.match(await wrong('increment', 'big', { by: 1, expiresAt: null }), /too large/);
    const many = Array.from({ length: 30_000 }, (_, index) => String(index));
    assert.match(await wrong('add-strings', 'many', { values: many, expiresAt: null }), /at most 20000 strings/);
  });

  it('a session in memory keeps for itself', async () => {
    const own = memory();
    assert.equal(await increment(own, 'm', 2), 2);
    assert.equal(await count(own, 'm'), 2);
  });

  /** However work is cut into commits, the same operations give the same values and leave the same behind. */
  it('the cut into commits does not matter', async () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('increment'), by: fc.integer({ min: -3, max: 3 }), expiresAt: fc.constant(null) }),
      fc.record({ op: fc.constant('reset-count') }),
      fc.record({
        op: fc.constantFrom('add-strings', 'remove-strings', 'put-strings'),
        values: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
        expiresAt: fc.constant(null),
      }),
      fc.record({ op: fc.constantFrom('get-count', 'get-strings'), force: fc.boolean() }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 12 }), async (steps) => {
        run += 1;
        const [whole, parts] = [memory(), open()];
        for (const [{ op, ...rest }, isLast] of steps) {
          assert.deepEqual(await ask(parts, op, `p${run}`, rest), await ask(whole, op, `p${run}`, rest));
          if (isLast) await commit(parts);
        }
      }),
      { numRuns: 60 },
    );
  });
}
