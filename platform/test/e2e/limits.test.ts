/** Needs of users that take a whole process, at the limits of what it can take in, read and evaluate. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { readConfig } from '../../src/app/config.ts';
import { createHeartbeat } from '../../src/app/heartbeat.ts';
import { createLog } from '../../src/app/log.ts';
import { PACKAGE_ROOT } from '../../src/app/package-root.ts';
import { openRuntime } from '../../src/app/runtime.ts';
import { eventually, setUp, signIn, startPanther, temporaryFolder } from '../support/panther.ts';
import { administratorAttached, rootSignIn, seededRandom, trailRecord } from '../support/traffic.ts';
import { addSource, assertBalance, received, select, writeConfig } from '../support/user.ts';

const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const CONTENT = join(PACKAGE_ROOT, 'content', 'detections');
const random = seededRandom(11);

function trailLines(ids: readonly string[]): string {
  return ids.map((id) => `${JSON.stringify(trailRecord(random, id))}\n`).join('');
}

test('need 1: a full queue is never silent loss: senders are told, and what was accepted is stored', async () => {
  const home = temporaryFolder('full');
  const root = join(home, 'data');
  const args = ['--config', writeConfig(home, undefined, { maxBacklogObjects: 20 })];
  let panther = await startPanther({ dataDir: root, args: [...args, '--only', 'api,sources'] });
  let client = await setUp(panther);
  const source = await addSource(client, { name: 'Push', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} });
  const headers = { authorization: `Bearer ${source.token}` };
  const accepted: string[] = [];
  const refused = await eventually('an answer that is not 200', async () => {
    const id = `full-${accepted.length}`;
    const answer = await fetch(`${panther.url}/api/v1/ingest/Push`, {
      method: 'POST',
      body: trailLines([id]),
      headers,
    });
    if (answer.status === 200) {
      accepted.push(id);
      return false;
    }
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() };
  });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.retryAfter) > 0, `Retry-After: ${refused.retryAfter}`);
  assert.match(refused.text, /processing is behind/);
  assert.ok(accepted.length >= 20, `${accepted.length} were accepted`);
  assert.equal((await client.call('GET /sources/:id', { params: { id: source.id } })).counts.received, 0);
  await panther.stop();
  panther = await startPanther({ dataDir: root, args });
  client = await signIn(panther);
  const counts = await received(client, source.id, accepted.length);
  assert.deepEqual([counts.received, counts.stored], [accepted.length, accepted.length]);
  const rows = await select(client, 'SELECT eventID FROM panther_logs.aws_cloudtrail');
  assert.deepEqual(rows.flat().sort(), accepted.toSorted());
  const again = await fetch(`${panther.url}/api/v1/ingest/Push`, {
    method: 'POST',
    body: trailLines(['more']),
    headers,
  });
  assert.equal(again.status, 200);
  await received(client, source.id, accepted.length + 1);
  await assertBalance(client);
  await panther.stop();
  rmSync(home, { recursive: true });
});

test('need 4: what cannot be read makes the source unhealthy, in words, without a busy loop', async (t) => {
  const home = temporaryFolder('unreadable');
  const [root, logs] = [join(home, 'data'), join(home, 'logs')];
  for (const path of [root, logs]) mkdirSync(path);
  const command = unprivileged([home, root, logs]);
  if (command === undefined) return t.skip('needs setpriv to become a user without rights');
  const panther = await startPanther({ dataDir: root, args: ['--config', writeConfig(home, undefined)], command });
  const client = await setUp(panther);
  const add = (name: string, path: string) => {
    const config = { path, settleMs: 50, rescanSeconds: 0.5 };
    return addSource(client, { name, type: 'watched-folder', logTypes: ['AWS.CloudTrail'], config });
  };
  const secret = join(logs, 'secret.json');
  writeFileSync(secret, trailLines(['secret']));
  chmodSync(secret, 0o000);
  writeFileSync(join(logs, 'open.json'), trailLines(['open']));
  const [file, folder] = [await add('File', logs), await add('Folder', join(home, 'missing'))];
  const health = async (id: string) => (await client.call('GET /sources/:id', { params: { id } })).health;
  const unhealthy = (id: string) =>
    eventually('the source is unhealthy', async () => {
      const now = await health(id);
      return now.status === 'unhealthy' && now;
    });
  assert.match((await unhealthy(file.id)).message, /secret\.json cannot be read: give the user that runs Panther/);
  assert.match((await unhealthy(folder.id)).message, /missing does not exist: create the folder/);
  // What can be read is read.
  await received(client, file.id, 1);
  // Rules are loaded and done by now; what is left is waiting.
  await sleep(3_000);
  const before = cpuMs(panther.process.pid);
  await sleep(5_000);
  const usedMs = cpuMs(panther.process.pid) - before;
  assert.ok(usedMs < 1_000, `used ${usedMs} ms of the processor in 5 s`);
  t.diagnostic(`${usedMs} ms of the processor in 5 s`);
  chmodSync(secret, 0o644);
  mkdirSync(join(home, 'missing'));
  writeFileSync(join(home, 'missing', 'late.json'), trailLines(['late']));
  await received(client, file.id, 2);
  await received(client, folder.id, 1);
  for (const { id } of [file, folder])
    await eventually('the source is healthy', async () => (await health(id)).status === 'healthy');
  await assertBalance(client);
  await panther.stop();
  rmSync(home, { recursive: true });
});

/** How to run Panther as somebody who cannot read everything; undefined when there is no way. */
function unprivileged(own: readonly string[]): readonly string[] | undefined {
  if (process.getuid?.() !== 0) return [process.execPath, MAIN];
  for (const path of own) chownSync(path, 65_534, 65_534);
  const command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  try {
    execFileSync(command[0] ?? '', [...command.slice(1), process.execPath, '--version']);
  } catch {
    return undefined;
  }
  return [...command, process.execPath, MAIN];
}

/** Of all threads of a process. */
function cpuMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

test('need 12: Panther notices by itself when logs do not become matches any more', async () => {
  const home = temporaryFolder('heartbeat');
  const root = join(home, 'data');
  const args = ['--config', writeConfig(home, undefined, { heartbeatMinutes: 0.02 })];
  const panther = await startPanther({ dataDir: root, args });
  const client = await setUp(panther);
  const sql = 'SELECT count(*) FROM panther_rule_matches.panther_heartbeat';
  await eventually('two beats have become matches', async () => Number((await select(client, sql))[0]?.[0]) >= 2);
  const { components } = await client.call('GET /system');
  assert.equal(components.find(({ name }) => name === 'heartbeat')?.status, 'ok');
  assert.deepEqual((await client.call('GET /alerts')).items, [], 'a beat that arrives alerts nobody');
  await panther.stop();
  // The same without a log processor.
  const config = await readConfig(undefined, { dataDir: root });
  const log = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });
  const runtime = await openRuntime({ config, root, contentDir: join(PACKAGE_ROOT, 'content'), log, env: {} });
  const heartbeat = createHeartbeat(runtime, { everyMs: 1, timeoutMs: 500 });
  await heartbeat.task.run(new AbortController().signal);
  assert.equal(heartbeat.component.state().status, 'failed');
  const alerts = await runtime.adapters.state.db.selectFrom('alerts').select(['type', 'title']).execute();
  assert.deepEqual(
    alerts.map(({ type, title }) => [type, title]),
    [['RULE_ERROR', 'Panther does not turn logs into alerts']],
  );
  const owed = await runtime.adapters.state.db.selectFrom('outbox').select('queue').execute();
  assert.deepEqual(
    owed.map(({ queue }) => queue),
    ['panther-alerts-queue'],
  );
  await runtime.close();
  rmSync(home, { recursive: true });
});

test('need 22: a rule gives the same answer in its test, over files and live', async () => {
  const home = temporaryFolder('same');
  const file = join(home, 'trail.json');
  writeFileSync(
    file,
    sameRecords()
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(''),
  );
  const overFiles = matches(
    commandOutput('detect', '--path', CONTENT, '--log-type', 'AWS.CloudTrail', '--matches', file),
  );
  assert.ok(overFiles.length > 20, `${overFiles.length} matches`);
  const panther = await startPanther({ dataDir: join(home, 'data'), args: ['--config', writeConfig(home, undefined)] });
  const client = await setUp(panther);
  const source = await addSource(client, { name: 'Push', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} });
  const headers = { authorization: `Bearer ${source.token}` };
  const answer = await fetch(`${panther.url}/api/v1/ingest/Push`, {
    method: 'POST',
    body: readFileSync(file),
    headers,
  });
  assert.equal(answer.status, 200);
  await received(client, source.id, sameRecords().length);
  const columns = 'p_rule_id, eventID, p_dedup, p_rule_severity, p_rule_title';
  const live = await select(client, `SELECT ${columns} FROM panther_rule_matches.aws_cloudtrail`);
  assert.deepEqual(live.map((row) => row.join(' | ')).sort(), overFiles);
  await assertBalance(client);
  await panther.stop();
  const tested = JSON.parse(commandOutput('test', '--path', withTests(home, file, overFiles), '--json')) as TestReport;
  assert.ok(tested.tests > 100, `${tested.tests} tests`);
  assert.deepEqual(
    tested.results.filter(({ passed }) => !passed),
    [],
  );
  rmSync(home, { recursive: true });
});

interface TestReport {
  readonly tests: number;
  readonly results: readonly { readonly passed: boolean }[];
}

/** Matches, near misses, and values of unexpected types. */
function sameRecords(): Record<string, unknown>[] {
  const own = seededRandom(22);
  const base = [0, 1, 2].flatMap((n) => [
    rootSignIn(own, `s${n}`, `12345678901${n}`),
    administratorAttached(own, `p${n}`, `user-${n}`),
    { ...trailRecord(own, `k${n}`), eventName: 'CreateAccessKey', requestParameters: { userName: `other-${n}` } },
    { ...trailRecord(own, `l${n}`), eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' },
    trailRecord(own, `n${n}`),
  ]);
  const changes: Record<string, unknown>[] = [
    {},
    { errorCode: 'AccessDenied' },
    { eventName: 'consolelogin' },
    { userIdentity: {} },
    { userIdentity: { type: 'IAMUser', userName: 'álice\u0000"' }, additionalEventData: { MFAUsed: 'No' } },
    { responseElements: { ConsoleLogin: 'Failure' } },
    { requestParameters: { policyArn: null, userName: ['x'] } },
    { recipientAccountId: '' },
    { additionalEventData: { MFAUsed: null } },
  ];
  return base.flatMap((record, row) =>
    changes.map((change, column) => ({ ...record, ...change, eventID: `${row}-${column}` })),
  );
}

/** What a command prints. */
function commandOutput(...argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...argv], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

function matches(ndjson: string): string[] {
  const found = ndjson
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const toRow = (one: Record<string, unknown> & { event: { eventID: string } }) =>
    [one.ruleId, one.event.eventID, one.dedup, one.severity, one.title].join(' | ');
  return found.map(toRow).sort();
}

/** The rules of the log type again, each with one test per event: it matches when it matched over files. */
function withTests(home: string, file: string, found: readonly string[]): string {
  const events = commandOutput('parse', '--log-type', 'AWS.CloudTrail', file)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { eventID: string });
  const copy = join(home, 'detections');
  cpSync(join(CONTENT, 'aws'), copy, { recursive: true });
  for (const name of readdirSync(copy).filter((each) => each.endsWith('.yml'))) {
    const spec = parse(readFileSync(join(copy, name), 'utf8'));
    if (!spec.LogTypes.includes('AWS.CloudTrail')) {
      rmSync(join(copy, name));
      continue;
    }
    spec.Tests = events.map((event) => ({
      Name: event.eventID,
      ExpectedResult: found.some((row) => row.startsWith(`${spec.RuleID} | ${event.eventID} |`)),
      Log: event,
    }));
    writeFileSync(join(copy, name), stringify(spec));
  }
  return copy;
}
