import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openTestPipeline, type TestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { toDetection } from '../../detections/detection.ts';
import { readConfig } from '../config.ts';
import { installContent } from '../detections/detection-store.ts';
import { type LiveDetections, openLiveDetections } from '../detections/live-detections.ts';
import { createLog } from '../log.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { openRuntime, type Runtime } from '../runtime.ts';
import { createReplayRunner, type StoredReplayRequest } from './replay-runner.ts';

const now = Date.parse('2026-07-01T00:00:30Z');
const clock = { now: () => new Date(now) };
const signal = new AbortController().signal;
const RANGE = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' };

const PYTHON = `
from panther_detection_helpers.caching import increment_counter
def rule(event):
    increment_counter("seen-" + event.get("eventName", ""))
    return event.deep_get("userIdentity", "type") == "Root"
def title(event):
    return "root in " + event.get("awsRegion", "<none>")
def dedup(event):
    return event.get("awsRegion", "")
`;
const SCRIPT = `export function rule(event) { return event.eventName === 'ListUsers' && event.p_enrichment !== undefined; }`;
const common = { AnalysisType: 'rule', Enabled: true, Severity: 'High', LogTypes: ['AWS.CloudTrail'] };
const SPECS: readonly (readonly [Record<string, unknown>, string])[] = [
  [{ ...common, RuleID: 'Root', Filename: 'root.py', Threshold: 3, DedupPeriodMinutes: 15 }, PYTHON],
  [{ ...common, RuleID: 'Enriched', Filename: 'enriched.ts' }, SCRIPT],
  [{ ...common, RuleID: 'Fails', Filename: 'fails.ts' }, 'export const rule = (event) => event.none.deep === 1;'],
  [{ ...common, RuleID: 'Off', Filename: 'off.ts', Enabled: false }, 'export const rule = () => true;'],
];

let panther: TestPipeline;
let runtime: Runtime;
let live: LiveDetections;

before(async () => {
  const root = temporaryFolder('replay');
  const log = createLog({ level: 'error', format: 'json', now: () => clock.now(), write() {} });
  const contentDir = join(PACKAGE_ROOT, 'content');
  runtime = await openRuntime({ config: await readConfig(undefined), root, contentDir, log, env: {} });
  const detections = SPECS.map(([spec, body]) => {
    const parsed = toDetection(spec, String(spec.Filename), body);
    if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
    return parsed.detection;
  });
  await installContent(runtime.adapters.state, clock, 'pack:test', {
    detections,
    problems: [],
    correlations: [],
  } as unknown as Parameters<typeof installContent>[3]);
  live = await openLiveDetections({ adapters: runtime.adapters, clock, log });
  panther = await openTestPipeline({
    root,
    detections: live,
    clock,
    enrich: (event) => {
      if (event.eventID === 'e7')
        (event as Record<string, unknown>).p_enrichment = { hosts: { sourceIPAddress: { a: 1 } } };
    },
  });
  const regions = ['us-east-1', 'eu-west-1', 'us-west-2'];
  const lines = Array.from({ length: 30 }, (_, index) =>
    trailEvent(index, index % 2 === 0 ? 'Root' : 'IAMUser', {
      awsRegion: index === 28 ? regions[2] : regions[index % 2 ? 1 : index % 4 ? 0 : 1],
    }),
  );
  await panther.send('a.json', Buffer.from(lines.join('\n')));
  await panther.processAll();
});

after(async () => {
  await live.close();
  await runtime.close();
  await panther.close();
});

let count = 0;
async function queue(detectionId: string, request: Partial<StoredReplayRequest> = {}): Promise<string> {
  count += 1;
  const id = `r${count}`;
  const at = new Date(now + count).toISOString();
  await runtime.adapters.state.db
    .insertInto('replays')
    .values({
      id,
      detection_id: detectionId,
      request: JSON.stringify({ ...RANGE, ...request }),
      state: 'queued',
      created_at: at,
      created_by: 'u1',
      started_at: null,
      ended_at: null,
      beat_at: at,
      progress: '{}',
      result: null,
      error: '',
    })
    .execute();
  return id;
}

async function row(id: string) {
  return runtime.adapters.state.db.selectFrom('replays').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

async function run(detectionId: string, request?: Partial<StoredReplayRequest>) {
  const id = await queue(detectionId, request);
  assert.equal(await createReplayRunner({ ...runtime, clock }).tick(signal), true);
  const done = await row(id);
  return { ...done, result: done.result === null ? null : JSON.parse(done.result) };
}

async function counted() {
  const { db } = runtime.adapters.state;
  const alerts = await db.selectFrom('alerts').select(['rule_id', 'event_count']).execute();
  const values = await db.selectFrom('key_values').selectAll().execute();
  return { alerts, values, matches: await panther.rows('SELECT count(*) FROM panther_rule_matches.aws_cloudtrail') };
}

test('a replay finds the matches of the live rule, in alerts by the times of events, and changes nothing', async () => {
  const before = await counted();
  const { state, result, progress, ended_at } = await run('Root');
  assert.equal(state, 'succeeded');
  assert.ok(ended_at !== null);
  const found = await panther.rows(
    "SELECT p_dedup, count(*)::INTEGER FROM panther_rule_matches.aws_cloudtrail WHERE p_rule_id = 'Root' GROUP BY 1 ORDER BY 2 DESC",
  );
  assert.deepEqual(
    result.dedups.map((one: { dedup: string; matches: number }) => [one.dedup, one.matches]),
    found,
  );
  assert.equal(result.matches, 15);
  assert.equal(result.events, 30);
  assert.equal(result.candidates, 30, 'a rule that counts is run on every event');
  assert.deepEqual(JSON.parse(progress), { events: 30, done: 30, matches: 15 });
  // Two regions, a quarter of an hour each, over half an hour; the third region has one match, below the threshold.
  assert.deepEqual(
    result.alerts.map((one: Record<string, unknown>) => [one.title, one.eventCount, one.firstEventAt]),
    [
      ['root in eu-west-1', 4, '2026-01-02T03:00:00.000Z'],
      ['root in us-east-1', 4, '2026-01-02T03:02:00.000Z'],
      ['root in eu-west-1', 3, '2026-01-02T03:16:00.000Z'],
      ['root in us-east-1', 3, '2026-01-02T03:18:00.000Z'],
    ],
  );
  assert.equal(result.alertCount, 4);
  assert.deepEqual(result.buckets, [{ at: '2026-01-02T00:00:00.000Z', matches: 15 }]);
  assert.equal(result.samples[0].event.eventID, 'e0');
  assert.deepEqual(await counted(), before);
});

test('need 25: a replay sees what lookup tables knew of an event', async () => {
  const { result } = await run('Enriched');
  assert.equal(result.matches, 1);
  assert.deepEqual(result.samples[0].event.p_enrichment, { hosts: { sourceIPAddress: { a: 1 } } });
});

test('a rule that is not enabled, and a draft, can be replayed; a shorter time has less', async () => {
  assert.equal((await run('Off')).result.matches, 30);
  const to = '2026-01-02T03:10:00.000Z';
  assert.equal((await run('Off', { to })).result.matches, 10);
  const yaml =
    'AnalysisType: rule\nRuleID: New\nEnabled: true\nSeverity: Low\nFilename: new.ts\nLogTypes: [AWS.CloudTrail]\n';
  const body = 'export const rule = (event) => event.eventID === "e3";';
  assert.equal((await run('New', { draft: { yaml, body } })).result.matches, 1);
});

test('what fails is told: errors of the rule, a wrong draft, a detection that is gone', async () => {
  const { state, result } = await run('Fails');
  assert.equal(state, 'succeeded');
  assert.deepEqual([result.matches, result.errors, result.failures[0].count], [0, 30, 30]);
  assert.match(result.failures[0].title, /^TypeError/);
  assert.match(
    (await run('New', { draft: { yaml: 'AnalysisType: nothing\n', body: '' } })).error,
    /"nothing" is not one of/,
  );
  assert.match((await run('Gone')).error, /no valid detection Gone/);
});

test('one that was cancelled is not run; one whose process has gone is marked', async () => {
  const { db } = runtime.adapters.state;
  const cancelled = await queue('Root');
  await db.updateTable('replays').set({ state: 'cancelled' }).where('id', '=', cancelled).execute();
  const gone = await queue('Root');
  const longAgo = new Date(now - 120_000).toISOString();
  await db.updateTable('replays').set({ state: 'running', beat_at: longAgo }).where('id', '=', gone).execute();
  assert.equal(await createReplayRunner({ ...runtime, clock }).tick(signal), false);
  assert.equal((await row(cancelled)).state, 'cancelled');
  assert.equal((await row(gone)).state, 'interrupted');
});

test('a stop of Panther interrupts a replay, and leaves it to be started again', async () => {
  const id = await queue('Off');
  await createReplayRunner({ ...runtime, clock }).tick(AbortSignal.abort());
  assert.equal((await row(id)).state, 'interrupted');
});

test('what exceptions hide is counted, and nothing else', async () => {
  const conditions = JSON.stringify([{ Key: 'eventID', Condition: 'IsIn', Values: ['e1', 'e2', 'e3'] }]);
  const at = new Date(now).toISOString();
  const by = { owner: 'ann', force_reason: '', created_at: at, created_by: 'u1', updated_at: at, updated_by: 'u1' };
  await runtime.adapters.state.db
    .insertInto('exceptions')
    .values({ id: 'x1', detection_id: 'Off', conditions, reason: 'known', expires_at: null, enabled: 1, ...by })
    .execute();
  const { result } = await run('Off');
  assert.deepEqual([result.matches, result.hidden], [27, 3]);
});

test('a scheduled rule is replayed at each time of its queries, each over what the lake has up to then', async () => {
  const query = {
    AnalysisType: 'scheduled_query',
    QueryName: 'Roots by hour',
    Enabled: false,
    Schedule: { CronExpression: '0 * * * *', TimeoutMinutes: 1 },
    Query: `SELECT awsRegion, count(*) AS n FROM panther_logs.public.aws_cloudtrail
      WHERE p_occurs_since('1 hour') AND userIdentity:type = 'Root' GROUP BY 1`,
  };
  const rule = {
    AnalysisType: 'scheduled_rule',
    RuleID: 'Many roots',
    Enabled: false,
    Severity: 'High',
    ScheduledQueries: ['Roots by hour'],
    Filename: 'many.ts',
  };
  const code = `export const rule = (row) => Number(row.n) >= 1;
export const title = (row) => 'roots in ' + row.awsRegion;
export const dedup = (row) => row.awsRegion;
`;
  const detections = [
    [query, ''],
    [rule, code],
  ].map(([spec, body]) => {
    const parsed = toDetection(spec as Record<string, unknown>, 'many.ts', String(body));
    if ('issues' in parsed) throw new Error(JSON.stringify(parsed.issues));
    return parsed.detection;
  });
  await installContent(runtime.adapters.state, clock, 'pack:scheduled', { detections });
  const before = await counted();
  const { state, result, progress, error } = await run('Many roots', {
    from: '2026-01-02T00:00:00.000Z',
    to: '2026-01-02T06:00:00.000Z',
  });
  assert.equal(state, 'succeeded', error);
  assert.deepEqual(JSON.parse(progress), { events: 6, done: 6, matches: result.matches });
  const expected = await panther.rows(
    `SELECT awsRegion FROM panther_logs.aws_cloudtrail WHERE userIdentity.type = 'Root' GROUP BY awsRegion ORDER BY 1`,
  );
  assert.deepEqual(
    result.alerts.map((one: { title: string }) => one.title).toSorted(),
    expected.map(([region]) => `roots in ${region}`),
  );
  assert.equal(result.events, expected.length, 'the events are in one hour');
  assert.deepEqual(await counted(), before);
  const gone = await run('Many roots', { from: '2016-01-01T00:00:00.000Z', to: '2026-01-02T06:00:00.000Z' });
  assert.match(gone.error, /more than 10000 runs in this time/);
});
