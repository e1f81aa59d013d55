/** What every adapter of the port `State` promises. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MIGRATIONS } from './migrations/index.ts';
import type { State } from './state.ts';

export interface StateUnderTest {
  /** Another connection to the same, at first empty, database. */
  open(): State;
  close(): Promise<void>;
}

export function testState(name: string, make: () => Promise<StateUnderTest>): void {
  describe(`state: ${name}`, () => {
    let fixture: StateUnderTest;
    let state: State;
    before(async () => {
      fixture = await make();
      state = fixture.open();
    });
    after(async () => {
      await state.close();
      await fixture.close();
    });

    it('migrates an empty database once, however many start at the same time', async () => {
      const others = [fixture.open(), fixture.open(), fixture.open()];
      await Promise.all([state, ...others].map((one) => one.migrate()));
      await Promise.all(others.map((one) => one.close()));
      await state.migrate();
      const tables = await state.db.introspection.getTables();
      assert.ok(tables.some((table) => table.name === 'alerts'));
      assert.ok(Object.keys(MIGRATIONS).length > 0);
    });

    it('refuses data of a newer version', async () => {
      const row = { name: '9999-future', timestamp: '2026-01-01T00:00:00.000Z' };
      const migrations = state.db.withTables<{ kysely_migration: typeof row }>();
      await migrations.insertInto('kysely_migration').values(row).execute();
      await assert.rejects(state.migrate(), /newer Panther/);
      await migrations.deleteFrom('kysely_migration').where('name', '=', row.name).execute();
    });

    it('keeps text, large numbers and nulls as they are', async () => {
      const key = '𝕏 ünïcode "\'%_ \n';
      const row = { key, int_count: 2 ** 53 - 1, string_set: null, dictionary: '{"a":[1,"ß"]}', expires_at: null };
      await state.db.insertInto('key_values').values(row).execute();
      const found = await state.db.selectFrom('key_values').selectAll().where('key', '=', key).executeTakeFirst();
      assert.deepEqual({ ...found }, row);
    });

    it('gives counts and sums as numbers', async () => {
      await state.db.insertInto('key_values').values(counter('sum-a', 40)).execute();
      await state.db.insertInto('key_values').values(counter('sum-b', 2)).execute();
      const row = await state.db
        .selectFrom('key_values')
        .where('key', 'like', 'sum-%')
        .select(({ fn }) => [fn.countAll().as('rows'), fn.sum('int_count').as('sum')])
        .executeTakeFirstOrThrow();
      assert.deepEqual({ ...row }, { rows: 2, sum: 42 });
    });

    it('sorts text by its bytes', async () => {
      for (const key of ['b', 'B', 'a', 'é', '_']) {
        await state.db
          .insertInto('settings')
          .values({ key: `order-${key}`, value: '1' })
          .execute();
      }
      const rows = await state.db
        .selectFrom('settings')
        .select('key')
        .where('key', 'like', 'order-%')
        .orderBy('key')
        .execute();
      assert.deepEqual(
        rows.map((row) => row.key),
        ['order-B', 'order-_', 'order-a', 'order-b', 'order-é'],
      );
    });

    it('numbers rows of a serial key and reports it', async () => {
      const row = { queue: 'q', body: '{}', attributes: '{}', created_at: '2026-01-01T00:00:00.000Z' };
      const first = await state.db.insertInto('outbox').values(row).returning('id').executeTakeFirstOrThrow();
      const second = await state.db.insertInto('outbox').values(row).returning('id').executeTakeFirstOrThrow();
      assert.equal(typeof first.id, 'number');
      assert.ok(second.id > first.id);
    });

    it('counts the rows that an update or delete met', async () => {
      await state.db.insertInto('key_values').values(counter('affected', 1)).execute();
      const updated = await state.db
        .updateTable('key_values')
        .set({ int_count: 2 })
        .where('key', '=', 'affected')
        .executeTakeFirst();
      const deleted = await state.db.deleteFrom('key_values').where('key', '=', 'nobody').executeTakeFirst();
      assert.deepEqual([updated.numUpdatedRows, deleted.numDeletedRows], [1n, 0n]);
    });

    it('upserts', async () => {
      for (const value of ['1', '2']) {
        await state.db
          .insertInto('settings')
          .values({ key: 'upsert', value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: (eb) => eb.ref('excluded.value') }))
          .execute();
      }
      const row = await state.db.selectFrom('settings').select('value').where('key', '=', 'upsert').executeTakeFirst();
      assert.equal(row?.value, '2');
    });

    it('refuses a source whose name differs only in case', async () => {
      await state.db.insertInto('sources').values(source('1', 'Web servers')).execute();
      await assert.rejects(state.db.insertInto('sources').values(source('2', 'WEB servers')).execute());
    });

    it('undoes a transaction that throws', async () => {
      const failed = state.transaction(async (tx) => {
        await tx.insertInto('settings').values({ key: 'undone', value: '1' }).execute();
        throw new Error('on purpose');
      });
      await assert.rejects(failed, /on purpose/);
      const rows = await state.db.selectFrom('settings').select('key').where('key', '=', 'undone').execute();
      assert.equal(rows.length, 0);
    });

    it('gives a transaction the value its function returns', async () => {
      assert.equal(await state.transaction(async () => 'value'), 'value');
    });

    it('loses no increment when many connections read, then write', async () => {
      const connections = [state, fixture.open(), fixture.open(), fixture.open()];
      await state.db.insertInto('key_values').values(counter('race', 0)).execute();
      await Promise.all(connections.flatMap((one) => Array.from({ length: 10 }, () => increment(one, 'race'))));
      const row = await state.db
        .selectFrom('key_values')
        .select('int_count')
        .where('key', '=', 'race')
        .executeTakeFirst();
      assert.equal(row?.int_count, 40);
      await Promise.all(connections.slice(1).map((one) => one.close()));
    });

    it('streams rows', async () => {
      const keys: string[] = [];
      for await (const row of state.db.selectFrom('settings').select('key').where('key', 'like', 'order-%').stream())
        keys.push(row.key);
      assert.equal(keys.length, 5);
    });
  });
}

async function increment(state: State, key: string): Promise<void> {
  await state.transaction(async (tx) => {
    const row = await tx.selectFrom('key_values').select('int_count').where('key', '=', key).executeTakeFirstOrThrow();
    await tx
      .updateTable('key_values')
      .set({ int_count: (row.int_count ?? 0) + 1 })
      .where('key', '=', key)
      .execute();
  });
}

function counter(key: string, value: number) {
  return { key, int_count: value, string_set: null, dictionary: null, expires_at: null };
}

function source(id: string, name: string) {
  const at = '2026-01-01T00:00:00.000Z';
  const counts = { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0, bytes: 0 };
  const health = { health: 'unknown', health_message: '' };
  const texts = { type: 'http', log_types: '[]', config: '{}', secrets: '' };
  return {
    id,
    name,
    ...texts,
    enabled: 1 as const,
    created_at: at,
    updated_at: at,
    last_event_at: null,
    ...health,
    ...counts,
  };
}
