/** Alerting is killed at random moments, again and again: each event counts once, each alert is delivered. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openSqliteQueue } from '../adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../adapters/embedded/sqlite-state.ts';
import { QUEUES } from '../ports/queue.ts';
import { ALERTS_QUEUE } from './life-cycle.ts';

const COMMITS = 60;
const ALERTS = 12;

/** Commits one event after the other, with how far it is; delivers what they lead to. */
const CODE = `
  const { openSqliteQueue } = await load('adapters/embedded/sqlite-queue.ts');
  const { openSqliteState } = await load('adapters/embedded/sqlite-state.ts');
  const { createHttpClient } = await load('adapters/embedded/http-client.ts');
  const { createDeliver } = await load('destinations/configured.ts');
  const { commitAlerts, resolveAlerts } = await load('alerts/life-cycle.ts');
  const { relayOutbox } = await load('alerts/outbox.ts');
  const { runDelivery } = await load('alerts/delivery-loop.ts');
  const { ruleInfo, ruleMatch } = await load('alerts/test-support.ts');
  const clock = { now: () => new Date() };
  const state = openSqliteState(folder + '/state.db');
  const queue = await openSqliteQueue({ path: folder + '/queues.db', clock });
  await queue.recover();
  const log = { warn() {}, error() {} };
  const metrics = { count() {}, gauge() {}, observe() {}, flush: async () => {} };
  const secrets = { open: async (sealed) => sealed };
  const deliver = createDeliver({ secrets, http: createHttpClient({ allow: ['127.0.0.1'] }) });
  const options = { state, queue, clock, metrics, log, random: Math.random, consoleUrl: 'http://x', timeoutMs: 5000, deliver };
  runDelivery({ ...options, concurrency: 2 }, new AbortController().signal);
  await relayOutbox(options);
  const rules = new Map([['R', ruleInfo()]]);
  const done = () => state.db.selectFrom('settings').selectAll().where('key', '=', 'done').executeTakeFirst();
  process.stdout.write('ready');
  for (let index = Number((await done())?.value ?? 0); index < ${COMMITS}; index++) {
    const resolution = await resolveAlerts(state, [ruleMatch({ dedup: 'd' + (index % ${ALERTS}) })], rules, clock.now());
    await state.transaction(async (tx) => {
      await commitAlerts(tx, resolution);
      const row = { key: 'done', value: String(index + 1) };
      await tx.insertInto('settings').values(row).onConflict((c) => c.column('key').doUpdateSet(row)).execute();
    });
    await relayOutbox(options);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
`;

/** Runs the code until it is killed, `aliveMs` after it has begun to work. */
async function runAndKill(folder: string, aliveMs: number): Promise<void> {
  const base = new URL('../', import.meta.url).href;
  const preamble = `const load = (path) => import(${JSON.stringify(base)} + path);\nconst folder = ${JSON.stringify(folder)};`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', preamble + CODE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => resolve());
  });
  await new Promise((resolve) => setTimeout(resolve, aliveMs));
  child.kill('SIGKILL');
  await exited;
}

it('loses nothing and counts nothing twice when it is killed', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'panther-alerts-'));
  const keys: string[] = [];
  const server = createServer((request, response) => {
    keys.push(String(request.headers['idempotency-key']));
    // Killed between delivery and record, now and then.
    setTimeout(() => response.end('ok'), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const state = openSqliteState(join(folder, 'state.db'));
  await state.migrate();
  const queue = await openSqliteQueue({ path: join(folder, 'queues.db'), clock: { now: () => new Date() } });
  await queue.ensure(ALERTS_QUEUE, QUEUES[ALERTS_QUEUE]);
  const at = '2026-01-01T00:00:00.000Z';
  const fixed = { type: 'webhook', config: '{}', severities: '["HIGH"]', alert_types: '[]', enabled: 1 } as const;
  await state.db
    .insertInto('destinations')
    .values({ ...fixed, id: 'd1', name: 'hook', secrets: JSON.stringify({ url }), created_at: at, updated_at: at })
    .execute();

  async function isDone(): Promise<boolean> {
    const delivered = await state.db.selectFrom('deliveries').selectAll().where('status', '=', 'delivered').execute();
    const done = await state.db.selectFrom('settings').selectAll().where('key', '=', 'done').executeTakeFirst();
    return delivered.length === ALERTS && done?.value === String(COMMITS);
  }
  let kills = 0;
  for (; kills < 8 || !(await isDone()); kills++) await runAndKill(folder, 30 + ((kills * 97) % 300));

  const alerts = await state.db.selectFrom('alerts').selectAll().execute();
  assert.deepEqual(
    alerts.map(({ event_count }) => event_count),
    Array(ALERTS).fill(COMMITS / ALERTS),
  );
  assert.deepEqual(new Set(keys), new Set(alerts.map(({ id }) => `${id}-d1`)));
  assert.ok(keys.length <= ALERTS + 2 * kills, `${keys.length} requests for ${ALERTS} alerts and ${kills} kills`);
  await Promise.all([state.close(), queue.close()]);
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});
