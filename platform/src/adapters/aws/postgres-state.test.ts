/** Needs a PostgreSQL: `PANTHER_TEST_POSTGRES_URL=postgres://user@host/database`. */
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import pg from 'pg';
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
    close: async () => {
      await client.query(`DROP DATABASE ${database}`);
      await client.end();
    },
  };
}
