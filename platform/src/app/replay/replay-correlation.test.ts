import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openTestPipeline, type TestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import type { Detection } from '../../detections/detection.ts';
import { loadDetections } from '../../detections/load.ts';
import { readConfig } from '../config.ts';
import { installContent } from '../detections/detection-store.ts';
import { type LiveDetections, openLiveDetections } from '../detections/live-detections.ts';
import { createLog } from '../log.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { openRuntime, type Runtime } from '../runtime.ts';
import { createScheduler } from '../schedule/scheduler.ts';
import { type ReplayRequest, replay } from './replay.ts';

const SIGMA = `title: Listing
id: listing
name: listing
logsource: {product: aws, service: cloudtrail}
detection: {sel: {eventName: ListUsers}, condition: sel}
---
title: Key
id: key
name: key
logsource: {product: aws, service: cloudtrail}
detection: {sel: {eventName: CreateAccessKey}, condition: sel}
---
title: Many listings
id: many
correlation: {type: event_count, rules: [listing], group-by: [sourceIPAddress], timespan: 10m, condition: {gte: 3}}
---
title: Few listings
id: few
correlation: {type: event_count, rules: [listing], group-by: [sourceIPAddress], timespan: 10m, condition: {lt: 6}}
---
title: Listing, then key
id: then
correlation: {type: temporal_ordered, rules: [listing, key], group-by: [sourceIPAddress], timespan: 10m}
`;

function simple(id: string, eventName: string): string {
  return JSON.stringify({
    AnalysisType: 'rule',
    RuleID: id,
    Enabled: true,
    Severity: 'Info',
    LogTypes: ['AWS.CloudTrail'],
    CreateAlert: false,
    Detection: [{ Key: 'eventName', Condition: 'Equals', Value: eventName }],
  });
}

function correlation(id: string, detection: object): string {
  const Schedule = { RateMinutes: 5, TimeoutMinutes: 1 };
  const Detection = [{ LookbackWindowMinutes: 15, Schedule, ...detection }];
  return JSON.stringify({ AnalysisType: 'correlation_rule', RuleID: id, Enabled: true, Severity: 'High', Detection });
}

const BY_ADDRESS = {
  address: [
    { GroupID: 'first', Match: 'sourceIPAddress' },
    { GroupID: 'second', Match: 'sourceIPAddress' },
  ],
};
const FILES = {
  'sigma.yml': SIGMA,
  'made.yml': simple('Made', 'CreateUser'),
  'gone.yml': simple('Gone', 'DeleteUser'),
  'sequence.yml': correlation('Made.ThenGone', {
    Sequence: [
      { ID: 'first', RuleID: 'Made' },
      { ID: 'second', RuleID: 'Gone' },
    ],
    Transitions: [
      {
        ID: 't',
        From: 'first',
        To: 'second',
        WithinTimeFrameMinutes: 10,
        Match: [{ On: 'sourceIPAddress' }],
      },
    ],
  }),
  'group.yml': correlation('Both', {
    Group: [
      { ID: 'first', RuleID: 'Made', MinMatchCount: 2 },
      { ID: 'second', RuleID: 'Gone' },
    ],
    MatchCriteria: BY_ADDRESS,
  }),
  'absence.yml': correlation('Made.NotGone', {
    Sequence: [
      { ID: 'first', RuleID: 'Made' },
      { ID: 'second', RuleID: 'Gone', Absence: true },
    ],
    Transitions: [
      {
        ID: 't',
        From: 'first',
        To: 'second',
        WithinTimeFrameMinutes: 10,
        Match: [{ From: 'sourceIPAddress', To: 'sourceIPAddress' }],
      },
    ],
  }),
  'nested.yml': correlation('Both.Twice', { Group: [{ ID: 'first', RuleID: 'Both', MinMatchCount: 2 }] }),
};
const IDS = ['many', 'few', 'then', 'Made.ThenGone', 'Both', 'Made.NotGone', 'Both.Twice'];
const NAMES = ['ListUsers', 'ListUsers', 'CreateAccessKey', 'CreateUser', 'DeleteUser', 'GetUser'];
const START = Date.parse('2026-01-02T03:00:00Z');
const MINUTE = 60_000;
const RUNS = 12;

let now = START;
const clock = { now: () => new Date(now) };
const signal = new AbortController().signal;
let panther: TestPipeline;
let runtime: Runtime;
let live: LiveDetections;
let detections: readonly Detection[];

before(async () => {
  const root = temporaryFolder('replay-correlation');
  const log = createLog({ level: 'error', format: 'json', now: () => clock.now(), write() {} });
  const contentDir = join(PACKAGE_ROOT, 'content');
  runtime = { ...(await openRuntime({ config: await readConfig(undefined), root, contentDir, log, env: {} })), clock };
  const folder = temporaryFolder('replay-correlation-rules');
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const content = loadDetections(folder);
  assert.deepEqual(content.problems, []);
  detections = content.detections;
  await installContent(runtime.adapters.state, clock, 'pack:test', content);
  live = await openLiveDetections({ adapters: runtime.adapters, clock, log });
  panther = await openTestPipeline({ root, detections: live, clock });
  await createScheduler(runtime).tick(signal);
  for (let run = 0; run < RUNS; run += 1) await liveRun(run);
});

after(async () => {
  await live.close();
  await runtime.close();
  await panther.close();
});

/** Five minutes of events in no order worth a name, then what is due after them. */
async function liveRun(run: number): Promise<void> {
  const lines = Array.from({ length: 10 }, (_, index) => {
    const number = run * 10 + index;
    const mixed = (number * 2_654_435_761) % 2 ** 32;
    const eventName = NAMES[(mixed >>> 8) % NAMES.length];
    const sourceIPAddress = `192.0.2.${(mixed >>> 20) % 3}`;
    const eventTime = new Date(START + (run * 300 + index * 30 + 7) * 1_000).toISOString();
    return trailEvent(number, 'IAMUser', { eventName, sourceIPAddress, eventTime });
  });
  await panther.send(`${run}.json`, Buffer.from(lines.join('\n')));
  await panther.processAll();
  now = START + (run + 1) * 5 * MINUTE + 1_000;
  await createScheduler(runtime).tick(signal);
}

function replayed(id: string, request: Partial<ReplayRequest> = {}) {
  const { adapters, catalog, duckdb, dir, lake, nonce } = runtime;
  const deps = {
    ...{ catalog, duckdb, nonce, sql: lake, files: adapters.lakeFiles, tables: lake.tables(), tmpDir: dir.tmp },
    now: () => clock.now(),
  };
  const rule = detections.find((one) => one.id === id) as Detection;
  const [from, to] = [new Date(START), new Date(START + RUNS * 5 * MINUTE)];
  return replay(deps, { rule, detections, from, to, signal, ...request });
}

for (const id of IDS) {
  test(`a replay of ${id} finds what its live runs have found`, async () => {
    const found = await panther.rows(
      `SELECT p_dedup, strftime(p_event_time, '%Y-%m-%dT%H:%M:%S.%gZ') FROM panther_rule_matches.panther_correlation
       WHERE p_rule_id = '${id}' ORDER BY 2, 1`,
    );
    const outcome = await replayed(id);
    const samples = outcome.samples.map(({ dedup, at }) => [dedup, at]).sort();
    assert.ok(found.length > 0, 'the test would say nothing');
    // At most twenty samples are shown.
    assert.deepEqual(
      samples,
      [...found].sort().filter((row) => samples.some((one) => isDeepStrictEqual(one, row))),
    );
    assert.equal(outcome.matches, found.length);
    assert.equal(samples.length, Math.min(found.length, 20));
    assert.ok(outcome.alertCount > 0 && outcome.alertCount <= found.length);
  });
}

test('nothing is changed', async () => {
  const counts = async () => [
    await panther.rows('SELECT count(*) FROM panther_views.all_rule_matches'),
    (await runtime.adapters.state.db.selectFrom('alerts').select('id').execute()).length,
    await runtime.adapters.state.db.selectFrom('correlation_reports').selectAll().execute(),
  ];
  const before = await counts();
  await replayed('Both');
  assert.deepEqual(await counts(), before);
});

test('what exceptions hide is counted, and nothing else', async () => {
  const whole = await replayed('Both');
  const conditions = [{ KeyPath: 'commonValues[0]', Condition: 'Equals', Value: whole.samples[0]?.dedup }];
  const exceptions = [{ id: 'x', detectionId: 'Both', conditions, expiresAt: undefined }];
  const { matches, hidden, samples } = await replayed('Both', { exceptions });
  assert.equal(matches + hidden, whole.matches);
  assert.ok(hidden > 0 && samples.every(({ dedup }) => dedup !== whole.samples[0]?.dedup));
});

test('only what is in the time counts, with the matches of the time before it', async () => {
  const whole = await replayed('Made.ThenGone');
  const middle = new Date(START + 30 * MINUTE);
  const [early, late] = [
    await replayed('Made.ThenGone', { to: middle }),
    await replayed('Made.ThenGone', { from: middle }),
  ];
  assert.equal(early.matches + late.matches, whole.matches);
  assert.ok(late.samples.every(({ at }) => at >= middle.toISOString()));
});

test('errors of members are told', async () => {
  const failing = { ...(detections.find(({ id }) => id === 'Gone') as Detection), language: 'typescript' as const };
  const body = 'export const rule = (event) => event.none.deep === 1;';
  const others = detections.map((one) =>
    one.id === 'Gone' ? { ...failing, body, spec: { ...one.spec, Detection: undefined } } : one,
  );
  const { errors, failures, matches } = await replayed('Both', { detections: others });
  assert.ok(errors > 0);
  assert.match(failures[0]?.message ?? '', /undefined/);
  assert.equal(matches, 0);
});

test('a member that is not there is named', async () => {
  const without = detections.filter(({ id }) => id !== 'Gone');
  await assert.rejects(
    replayed('Both', { detections: without }),
    /there is no valid detection Gone, which it is about/,
  );
});

test('a rule that is its own member is refused', async () => {
  const [text] = [correlation('Self', { Group: [{ ID: 'first', RuleID: 'Self' }] })];
  const folder = temporaryFolder('replay-self');
  writeFileSync(join(folder, 'self.yml'), text);
  const [rule] = loadDetections(folder).detections as [Detection];
  await assert.rejects(replayed('Self', { rule, detections: [rule] }), /Self → Self: it is about itself/);
});
