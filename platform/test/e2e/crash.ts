/**
 * Kills Panther at random moments while logs come in, starts it again, and compares what is stored with what an
 * uninterrupted run stores: lake, matches, alerts, kept records and counts are equal, every alert was delivered.
 *
 * `PANTHER_CRASH_RUNS` (20) is how often, `PANTHER_CRASH_SEED` repeats a sequence. The last line is `N passed, N failed`.
 * This file is long because it is one story, from the first start to the comparison.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dataDir } from '../../src/app/data-dir.ts';
import { type CrashLogs, type Delivery, makeCrashLogs } from '../support/crash-logs.ts';
import { eventually, setUp, startPanther, temporaryFolder } from '../support/panther.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { differences, readStored, type Stored } from '../support/stored.ts';
import { pick, type Random, seededRandom } from '../support/traffic.ts';

const RUNS = Number(process.env.PANTHER_CRASH_RUNS ?? 20);
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

async function makeTemplate(receiver: Receiver): Promise<void> {
  const config = { allowedDestinationHosts: [receiver.host], heartbeatMinutes: 0, minFreeDiskMb: 0 };
  writeFileSync(configFile, JSON.stringify(config));
  const panther = await startPanther({ dataDir: template, args: ['--config', configFile] });
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
  const rules = count(template, "detections WHERE type = 'rule'");
  const areDerived = async () => Number(query(dataDir(template).stateFile, conditions)[0]?.n) >= rules;
  await eventually('the conditions of rules are derived', areDerived, REST_TIMEOUT_MS);
  await panther.stop();
}

const SEVERITIES = ['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

interface Started {
  readonly child: ChildProcess;
  readonly url: Promise<string>;
  stderr(): string;
}

/** Does not wait until it is ready: it may be killed before. */
function start(): Started {
  const args = [MAIN, 'up', '--data-dir', root, '--port', '0', '--config', configFile];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
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

async function run({ first, deliveries }: CrashLogs, { killAfterMs, isWarm }: Plan): Promise<Run> {
  rmSync(root, { recursive: true, force: true });
  rmSync(logs, { recursive: true, force: true });
  cpSync(template, root, { recursive: true });
  for (const name of ['trail', 'web']) mkdirSync(join(logs, name), { recursive: true });
  let panther = start();
  await panther.url;
  first.put(logs);
  if (isWarm) await eventually('the first file is stored', async () => count(root, 'units') > 0, REST_TIMEOUT_MS);
  const startedAt = performance.now();
  const arriving = arrive(deliveries);
  const pushing = push(() => panther.url);
  const kills: Kill[] = [];
  for (const afterMs of killAfterMs) {
    await sleep(afterMs);
    const ended = once(panther.child, 'exit');
    panther.child.kill('SIGKILL');
    await ended;
    kills.push({ afterMs, ...progress() });
    panther = start();
  }
  const [, pushes] = await Promise.all([arriving, pushing, panther.url]);
  await atRest(panther);
  const durationMs = performance.now() - startedAt;
  const ended = once(panther.child, 'exit');
  panther.child.kill('SIGTERM');
  const [code] = await ended;
  if (code !== 0) throw new Error(`stopped with ${code}:\n${panther.stderr()}`);
  return { stored: await readStored(root), durationMs, units: count(root, 'units'), kills, pushes };
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

function query(file: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function count(folder: string, table: string): number {
  return Number(query(dataDir(folder).stateFile, `SELECT count(*) AS n FROM ${table}`)[0]?.n);
}

/** Read from a copy, so that the next start finds what the killed process has left, and nothing else. */
function progress(): Omit<Kill, 'afterMs'> {
  const copy = join(home, 'copy');
  mkdirSync(copy, { recursive: true });
  for (const suffix of ['', '-wal']) cpSync(`${dataDir(root).stateFile}${suffix}`, join(copy, `state.db${suffix}`));
  const [row] = query(
    join(copy, 'state.db'),
    "SELECT (SELECT count(*) FROM units) AS units, (SELECT count(*) FROM lake_files WHERE status = 'pending') AS pending",
  );
  rmSync(copy, { recursive: true });
  return { committed: Number(row?.units), pending: Number(row?.pending) };
}

/** Everything that arrived is handed over, processed, routed and delivered: seen twice, as work moves between tables. */
async function atRest(panther: Started): Promise<void> {
  let quiet = 0;
  const probe = async () => {
    quiet = isQuiet() ? quiet + 1 : 0;
    return quiet >= 3;
  };
  await eventually('everything is processed', probe, REST_TIMEOUT_MS).catch((cause: unknown) => {
    throw new Error(`${cause}\n${panther.stderr()}`, { cause });
  });
}

function isQuiet(): boolean {
  const { stateFile, queueFile } = dataDir(root);
  const [state] = query(
    stateFile,
    `SELECT (SELECT count(*) FROM outbox) AS owed,
       (SELECT count(*) FROM deliveries WHERE status = 'pending') AS undelivered,
       (SELECT count(*) FROM alerts WHERE id NOT IN (SELECT alert_id FROM deliveries)) AS unrouted,
       (SELECT coalesce(sum(done_bytes), 0) FROM folder_files) AS bytes`,
  );
  const [queue] = query(queueFile, "SELECT count(*) AS n FROM messages WHERE queue NOT LIKE '%-dlq'");
  const isEmpty = [state?.owed, state?.undelivered, state?.unrouted, queue?.n].every((n) => Number(n) === 0);
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

async function main(): Promise<void> {
  const random = seededRandom(SEED);
  const receiver = await startReceiver();
  const crashLogs = makeCrashLogs(seededRandom(1));
  arrivedBytes = crashLogs.bytes;
  console.log(`seed ${SEED}, ${(arrivedBytes / 1e6).toFixed(1)} MB of logs; folders in ${home}`);
  await makeTemplate(receiver);
  const reference = await run(crashLogs, { killAfterMs: [], isWarm: true });
  const rows = [...reference.stored.tables].map(([name, found]) => `${name} ${sum(found)}`).join(', ');
  console.log(`reference: ${Math.round(reference.durationMs)} ms, ${reference.units} units, ${rows}`);
  console.log(`reference: ${sum(reference.stored.alerts)} alerts, ${sum(reference.stored.kept)} kept records`);
  let [passed, failed] = [0, 0];
  const kills: Kill[] = [];
  const wrong = judge(reference, reference, receiver);
  if (wrong.length > 0) failed += 1;
  for (const line of wrong) console.log(`  the reference itself: ${line}`);
  for (let index = 1; index <= RUNS; index += 1) {
    receiver.received.length = 0;
    const plan = makePlan(random, reference.durationMs);
    const problems = await run(crashLogs, plan).then(
      (done) => {
        kills.push(...done.kills);
        return judge(reference, done, receiver);
      },
      (error: unknown) => [String(error)],
    );
    const said = problems.length === 0 ? 'ok' : 'FAILED';
    console.log(
      `run ${index}: ${said} (kills at ${plan.killAfterMs.join(', ')} ms, rules ${plan.isWarm ? 'loaded' : 'not loaded'})`,
    );
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length === 0) passed += 1;
    else {
      failed += 1;
      cpSync(root, join(home, `failed-${index}`), { recursive: true });
    }
  }
  failed += judgeKills(kills, reference.units);
  await receiver.close();
  if (failed === 0) rmSync(home, { recursive: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

/** Kills that only hit an idle Panther would prove nothing. */
function judgeKills(kills: readonly Kill[], units: number): number {
  const before = kills.filter((kill) => kill.committed === 0).length;
  const middle = kills.filter((kill) => kill.committed > 0 && kill.committed < units).length;
  const writing = kills.filter((kill) => kill.pending > 0).length;
  const after = kills.length - before - middle;
  console.log(
    `${kills.length} kills: ${before} before the first commit, ${middle} between the first and the last, ${after} after; ${writing} while a commit was written`,
  );
  if (RUNS < 20 || middle >= RUNS / 10) return 0;
  console.log('the kills did not hit the middle of the work');
  return 1;
}

function sum(rows: ReadonlyMap<string, number>): number {
  return [...rows.values()].reduce((total, each) => total + each, 0);
}

await main();
