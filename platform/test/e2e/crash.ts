/**
 * Kills Panther at random moments while logs come in, starts it again, and compares what is stored with what an
 * uninterrupted run stores: lake, matches, alerts, kept records and counts are equal, every alert was delivered.
 *
 * `PANTHER_CRASH_RUNS` (20) is how often, `PANTHER_CRASH_SEED` repeats a sequence. With `PANTHER_TEST_POSTGRES_URL` the
 * same is done on S3, SQS (an emulator in this process) and PostgreSQL, `PANTHER_CRASH_RUNS_AWS` (1) times: an alert in
 * delivery at the kill comes back after a minute. The last line is `N passed, N failed`.
 * This file is long because it is one story, from the first start to the comparison.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type CrashLogs, type Delivery, makeCrashLogs } from '../support/crash-logs.ts';
import { awsStores, type CrashStores, embeddedStores } from '../support/crash-stores.ts';
import { eventually, setUp, startPanther, temporaryFolder } from '../support/panther.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { differences, readStored, type Stored } from '../support/stored.ts';
import { pick, type Random, seededRandom } from '../support/traffic.ts';

const RUNS = Number(process.env.PANTHER_CRASH_RUNS ?? 20);
const RUNS_ON_AWS = Number(process.env.PANTHER_CRASH_RUNS_AWS ?? 1);
const POSTGRES = process.env.PANTHER_TEST_POSTGRES_URL;
const SEED = Number(process.env.PANTHER_CRASH_SEED ?? Date.now() % 1_000_000);
const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const TOKEN = 'crash-test-token-of-the-http-source';
const PUSHES = 12;
const REST_TIMEOUT_MS = 180_000;

/** The same folders in every run: names are part of what is stored. */
const home = temporaryFolder('crash');
const template = join(home, 'template');
const root = join(home, 'data');
const logs = join(home, 'logs');
const configFile = join(home, 'panther.yml');

interface Kill {
  readonly afterMs: number;
  readonly committed: number;
  /** Parquet files that were registered and not yet committed. */
  readonly pending: number;
}

interface Run {
  readonly stored: Stored;
  readonly durationMs: number;
  readonly units: number;
  readonly kills: readonly Kill[];
  readonly pushes: readonly Push[];
}

interface Push {
  readonly marker: string;
  readonly isAcknowledged: boolean;
}

async function makeTemplate(stores: CrashStores, receiver: Receiver): Promise<void> {
  for (const folder of [template, logs]) rmSync(folder, { recursive: true, force: true });
  const config = { allowedDestinationHosts: [receiver.host], heartbeatMinutes: 0, minFreeDiskMb: 0, ...stores.config };
  writeFileSync(configFile, JSON.stringify(config));
  const panther = await startPanther({ dataDir: template, args: ['--config', configFile], env: stores.env });
  const client = await setUp(panther);
  const folder = (name: string, path: string, logTypes: string[], settleMs: number) => ({
    name,
    type: 'watched-folder',
    logTypes,
    config: { path: join(logs, path), settleMs, rescanSeconds: 1 },
  });
  mkdirSync(join(logs, 'trail'), { recursive: true });
  mkdirSync(join(logs, 'web'), { recursive: true });
  // A piece of the growing file ends in the middle of a line; it goes on sooner than this.
  await client.call('POST /sources', { body: folder('Trail', 'trail', ['AWS.CloudTrail'], 300) });
  await client.call('POST /sources', { body: folder('Web', 'web', ['Nginx.Access', 'Syslog.RFC5424'], 10_000) });
  const http = { name: 'Push', type: 'http', logTypes: ['GitLab.API'], config: { token: TOKEN } };
  await client.call('POST /sources', { body: http });
  const webhook = { name: 'Hook', type: 'webhook', config: { url: receiver.url }, severities: SEVERITIES };
  await client.call('POST /destinations', { body: webhook });
  // Conditions of rules are derived once, in the background, and are part of the template.
  const conditions = "SELECT count(*) AS n FROM settings WHERE key LIKE 'condition:%'";
  const rules = await count(stores, "detections WHERE type = 'rule'");
  const areDerived = async () => Number((await stores.query(conditions))[0]?.n) >= rules;
  await eventually('the conditions of rules are derived', areDerived, REST_TIMEOUT_MS);
  await panther.stop();
  await stores.keep();
}

const SEVERITIES = ['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

interface Started {
  readonly child: ChildProcess;
  readonly url: Promise<string>;
  stderr(): string;
}

/** Does not wait until it is ready: it may be killed before. */
function start({ env }: CrashStores): Started {
  const args = [MAIN, 'up', '--data-dir', root, '--port', '0', '--config', configFile];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  const ready = Promise.withResolvers<string>();
  ready.promise.catch(() => {});
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    const [, url] = /ready on (http:\S+)/.exec(line) ?? [];
    if (url !== undefined) ready.resolve(url);
  });
  child.once('exit', (code, signal) => ready.reject(new Error(`ended with ${code ?? signal}:\n${lines.join('\n')}`)));
  return { child, url: ready.promise, stderr: () => lines.join('\n') };
}

interface Plan {
  /** After the logs began to arrive; later ones after the kill before. */
  readonly killAfterMs: readonly number[];
  /** Whether rules are loaded before the logs arrive: then there are many small commits, else few large ones. */
  readonly isWarm: boolean;
}

async function run(stores: CrashStores, { first, deliveries }: CrashLogs, { killAfterMs, isWarm }: Plan): Promise<Run> {
  rmSync(logs, { recursive: true, force: true });
  await stores.restore();
  for (const name of ['trail', 'web']) mkdirSync(join(logs, name), { recursive: true });
  let panther = start(stores);
  await panther.url;
  first.put(logs);
  if (isWarm)
    await eventually('the first file is stored', async () => (await count(stores, 'units')) > 0, REST_TIMEOUT_MS);
  const startedAt = performance.now();
  const arriving = arrive(deliveries);
  const pushing = push(() => panther.url);
  const kills: Kill[] = [];
  for (const afterMs of killAfterMs) {
    await sleep(afterMs);
    const ended = once(panther.child, 'exit');
    panther.child.kill('SIGKILL');
    await ended;
    kills.push({ afterMs, ...(await progress(stores)) });
    panther = start(stores);
  }
  const [, pushes] = await Promise.all([arriving, pushing, panther.url]);
  await atRest(stores, panther);
  const durationMs = performance.now() - startedAt;
  const ended = once(panther.child, 'exit');
  panther.child.kill('SIGTERM');
  const [code] = await ended;
  if (code !== 0) throw new Error(`stopped with ${code}:\n${panther.stderr()}`);
  const units = await count(stores, 'units');
  await stores.bring();
  return { stored: await readAll(stores), durationMs, units, kills, pushes };
}

/** An acknowledged record that is still in the spool would be missing in the lake. */
async function readAll({ isSpoolSweptLater }: CrashStores): Promise<Stored> {
  const stored = await readStored(root);
  if (!isSpoolSweptLater) return stored;
  return { ...stored, problems: stored.problems.filter((problem) => !problem.startsWith('the spool keeps')) };
}

async function arrive(deliveries: readonly Delivery[]): Promise<void> {
  for (const { waitMs, put } of deliveries) {
    await sleep(waitMs);
    put(logs);
  }
}

/** Each body is sent once: when no answer comes, it may be stored or not, but not twice. */
async function push(url: () => Promise<string>): Promise<readonly Push[]> {
  const pushes: Push[] = [];
  for (let index = 0; index < PUSHES; index += 1) {
    await sleep(100);
    const marker = `push-${index}`;
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const isAcknowledged = await url()
      .then((base) => fetch(`${base}/api/v1/ingest/Push`, { method: 'POST', headers, body: gitlabRequest(marker) }))
      .then(
        (response) => response.ok,
        () => false,
      );
    pushes.push({ marker, isAcknowledged });
  }
  return pushes;
}

function gitlabRequest(marker: string): string {
  return JSON.stringify({
    time: '2026-01-02T03:04:05.678Z',
    severity: 'INFO',
    duration_s: 0.25,
    status: 200,
    method: 'GET',
    path: `/api/v4/${marker}`,
    host: 'gitlab.example.com',
    remote_ip: '203.0.113.9',
    ua: 'Ruby',
    route: '/api/:version/projects',
    user_id: 42,
    username: 'alice',
    correlation_id: marker,
  });
}

async function count(stores: CrashStores, table: string): Promise<number> {
  const [row] = await stores.query(`SELECT count(*) AS n FROM ${table}`);
  return Number(row?.n);
}

async function progress(stores: CrashStores): Promise<Omit<Kill, 'afterMs'>> {
  const [row] = await stores.queryAfterKill(
    "SELECT (SELECT count(*) FROM units) AS units, (SELECT count(*) FROM lake_files WHERE status = 'pending') AS pending",
  );
  return { committed: Number(row?.units), pending: Number(row?.pending) };
}

/** Everything that arrived is handed over, processed, routed and delivered: seen twice, as work moves between tables. */
async function atRest(stores: CrashStores, panther: Started): Promise<void> {
  let quiet = 0;
  const probe = async () => {
    quiet = (await isQuiet(stores)) ? quiet + 1 : 0;
    return quiet >= 3;
  };
  await eventually('everything is processed', probe, REST_TIMEOUT_MS).catch((cause: unknown) => {
    throw new Error(`${cause}\n${panther.stderr()}`, { cause });
  });
}

async function isQuiet(stores: CrashStores): Promise<boolean> {
  const [state] = await stores.query(
    `SELECT (SELECT count(*) FROM outbox) AS owed,
       (SELECT count(*) FROM deliveries WHERE status = 'pending') AS undelivered,
       (SELECT count(*) FROM alerts WHERE id NOT IN (SELECT alert_id FROM deliveries)) AS unrouted,
       (SELECT coalesce(sum(done_bytes), 0) FROM folder_files) AS bytes`,
  );
  const messages = await stores.countMessages();
  const isEmpty = [state?.owed, state?.undelivered, state?.unrouted, messages].every((n) => Number(n) === 0);
  return isEmpty && Number(state?.bytes) === arrivedBytes;
}

let arrivedBytes = 0;

/** What is wrong with a run; empty when it is like the reference. */
function judge(reference: Run, { stored, pushes }: Run, receiver: Receiver): string[] {
  const names = new Set([...reference.stored.tables.keys(), ...stored.tables.keys()]);
  const tables = [...names].filter((name) => name !== 'panther_logs.gitlab_api');
  const empty = new Map<string, number>();
  const withoutPush = (rows: Stored['sources']) => new Map([...rows].filter(([row]) => !row.includes('"Push"')));
  return [
    ...stored.problems,
    ...tables.flatMap((name) =>
      differences(name, reference.stored.tables.get(name) ?? empty, stored.tables.get(name) ?? empty),
    ),
    ...differences('alerts', reference.stored.alerts, stored.alerts),
    ...differences('kept records', reference.stored.kept, stored.kept),
    ...differences('sources', withoutPush(reference.stored.sources), withoutPush(stored.sources)),
    ...judgePushes(pushes, stored),
    ...judgeDeliveries(stored, receiver),
  ];
}

function judgePushes(pushes: readonly Push[], stored: Stored): string[] {
  const rows = [...(stored.tables.get('panther_logs.gitlab_api') ?? [])];
  return pushes.flatMap(({ marker, isAcknowledged }) => {
    const found = rows.filter(([text]) => text.includes(`/${marker}'`) || text.includes(`/${marker},`));
    const times = found.reduce((sum, [, each]) => sum + each, 0);
    if (times === 1 || (times === 0 && !isAcknowledged)) return [];
    return [`${marker} is ${times} times in the lake; acknowledged: ${isAcknowledged}`];
  });
}

function judgeDeliveries({ deliveries }: Stored, { received }: Receiver): string[] {
  const keys = new Map<string, Set<string>>();
  for (const { alert, headers } of received) {
    const id = String(alert.alertId);
    keys.set(id, (keys.get(id) ?? new Set()).add(String(headers['idempotency-key'])));
  }
  const unknown = [...keys.keys()].filter((id) => !deliveries.has(id)).map((id) => `delivered, but no alert: ${id}`);
  const wrong = [...deliveries].flatMap(([id, key]) => {
    const sent = [...(keys.get(id) ?? [])];
    return sent.length === 1 && sent[0] === key ? [] : [`alert ${id}: key ${key}, received with ${sent.join(', ')}`];
  });
  return [...unknown, ...wrong];
}

function makePlan(random: Random, durationMs: number): Plan {
  const isWarm = random() < 0.6;
  const kills = pick(random, [1, 1, 2, 3]);
  // Between two kills Panther also has to start, which a kill may hit as well.
  const spans = Array.from({ length: kills }, (_, index) => (index === 0 && isWarm ? durationMs : durationMs + 3_000));
  return { isWarm, killAfterMs: spans.map((span) => Math.round(random() * span)) };
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

async function test(stores: CrashStores, name: string, runs: number, random: Random): Promise<Outcome> {
  const receiver = await startReceiver();
  const crashLogs = makeCrashLogs(seededRandom(1));
  arrivedBytes = crashLogs.bytes;
  await makeTemplate(stores, receiver);
  const reference = await run(stores, crashLogs, { killAfterMs: [], isWarm: true });
  const rows = [...reference.stored.tables].map(([table, found]) => `${table} ${sum(found)}`).join(', ');
  console.log(`${name}, reference: ${Math.round(reference.durationMs)} ms, ${reference.units} units, ${rows}`);
  console.log(`${name}, reference: ${sum(reference.stored.alerts)} alerts, ${sum(reference.stored.kept)} kept records`);
  let [passed, failed] = [0, 0];
  const kills: Kill[] = [];
  const wrong = judge(reference, reference, receiver);
  if (wrong.length > 0) failed += 1;
  for (const line of wrong) console.log(`  the reference itself: ${line}`);
  for (let index = 1; index <= runs; index += 1) {
    receiver.received.length = 0;
    const plan = makePlan(random, reference.durationMs);
    const problems = await run(stores, crashLogs, plan).then(
      (done) => {
        kills.push(...done.kills);
        return judge(reference, done, receiver);
      },
      (error: unknown) => [String(error)],
    );
    const said = problems.length === 0 ? 'ok' : 'FAILED';
    console.log(
      `${name}, run ${index}: ${said} (kills at ${plan.killAfterMs.join(', ')} ms, rules ${plan.isWarm ? 'loaded' : 'not loaded'})`,
    );
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length === 0) passed += 1;
    else {
      failed += 1;
      cpSync(root, join(home, `failed-${name}-${index}`), { recursive: true });
    }
  }
  failed += judgeKills(kills, reference.units, runs);
  await receiver.close();
  await stores.close();
  return { passed, failed };
}

async function main(): Promise<void> {
  const random = seededRandom(SEED);
  console.log(`seed ${SEED}; folders in ${home}`);
  const folders = { home, root, template };
  const outcomes = [await test(embeddedStores(folders), 'data folder', RUNS, random)];
  if (POSTGRES === undefined) console.log('PANTHER_TEST_POSTGRES_URL is not set: not run on S3, SQS and PostgreSQL');
  else outcomes.push(await test(await awsStores(POSTGRES, folders), 'AWS', RUNS_ON_AWS, random));
  const passed = outcomes.reduce((total, each) => total + each.passed, 0);
  const failed = outcomes.reduce((total, each) => total + each.failed, 0);
  if (failed === 0) rmSync(home, { recursive: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

/** Kills that only hit an idle Panther would prove nothing. */
function judgeKills(kills: readonly Kill[], units: number, runs: number): number {
  const before = kills.filter((kill) => kill.committed === 0).length;
  const middle = kills.filter((kill) => kill.committed > 0 && kill.committed < units).length;
  const writing = kills.filter((kill) => kill.pending > 0).length;
  const after = kills.length - before - middle;
  console.log(
    `${kills.length} kills: ${before} before the first commit, ${middle} between the first and the last, ${after} after; ${writing} while a commit was written`,
  );
  if (runs < 20 || middle >= runs / 10) return 0;
  console.log('the kills did not hit the middle of the work');
  return 1;
}

function sum(rows: ReadonlyMap<string, number>): number {
  return [...rows.values()].reduce((total, each) => total + each, 0);
}

await main();
