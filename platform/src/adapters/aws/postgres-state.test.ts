/** Needs a PostgreSQL: `PANTHER_TEST_POSTGRES_URL=postgres://user@host/database`. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { it } from 'node:test';
import pg from 'pg';
import { ExternalError, UserError } from '../../core/errors.ts';
import { testState } from '../../ports/state/state.suite.ts';
import { openPostgresState } from './postgres-state.ts';

const url = process.env.PANTHER_TEST_POSTGRES_URL;

if (url === undefined) it('state: PostgreSQL', { skip: 'PANTHER_TEST_POSTGRES_URL is not set' }, () => undefined);
else testState('PostgreSQL', () => makeDatabase(url));

async function makeDatabase(server: string) {
  const database = `panther_test_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${database}`);
  const own = new URL(server);
  own.pathname = `/${database}`;
  return {
    open: () => openPostgresState({ url: own.href, maxConnections: 4 }),
    dropConnections: async () => {
      const sql = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1';
      await client.query(sql, [database]);
    },
    close: async () => {
      await client.query(`DROP DATABASE ${database}`);
      await client.end();
    },
  };
}

const skip = url === undefined ? 'PANTHER_TEST_POSTGRES_URL is not set' : false;

it('makes the tables once when many processes start at once', { skip }, async () => {
  const database = await makeDatabase(String(url));
  const all = Array.from({ length: 6 }, () => database.open());
  await Promise.all(all.map((state) => state.migrate()));
  for (const state of all) await state.close();
  await database.close();
});

it('goes on when the server has dropped every connection, in work or idle', { skip }, async (t) => {
  const database = await makeDatabase(String(url));
  const state = database.open();
  t.after(() => state.close().then(database.close));
  await state.migrate();
  let runs = 0;
  await state.transaction(async (tx) => {
    runs += 1;
    await tx
      .insertInto('settings')
      .values({ key: 'kept', value: String(runs) })
      .execute();
    if (runs === 1) await database.dropConnections();
    await tx.selectFrom('settings').select('key').execute();
  });
  await database.dropConnections();
  const rows = await state.transaction((tx) => tx.selectFrom('settings').selectAll().execute());
  assert.deepEqual(rows, [{ key: 'kept', value: '2' }]);
});

it('waits for a server that is not there yet, and says so in the end', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const state = openPostgresState({ url: `postgres://panther@127.0.0.1:${port}/panther`, reconnectMs: 200 });
  await assert.rejects(state.migrate(), (error: ExternalError) => {
    assert.ok(error instanceof ExternalError && error.retryable);
    assert.match(error.message, /the database cannot be reached/);
    return true;
  });
  await state.close();
});

it('says what the administrator of the database has to do', { skip }, async () => {
  const address = new URL(String(url));
  address.pathname = '/panther_does_not_exist';
  const state = openPostgresState({ url: address.href });
  await assert.rejects(
    state.migrate(),
    (error: Error) => error instanceof UserError && /CREATE DATABASE/.test(error.message),
  );
  await state.close();
});
