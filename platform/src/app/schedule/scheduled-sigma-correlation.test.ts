import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openTestPipeline, type TestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { loadDetections } from '../../detections/load.ts';
import { readConfig } from '../config.ts';
import { installContent } from '../detections/detection-store.ts';
import { type LiveDetections, openLiveDetections } from '../detections/live-detections.ts';
import { createLog } from '../log.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { openRuntime, type Runtime } from '../runtime.ts';
import { createScheduler } from './scheduler.ts';

const SIGMA = `title: Users are listed
id: listing
name: listing
logsource: {product: aws, service: cloudtrail}
detection: {sel: {eventName: ListUsers}, condition: sel}
---
title: A key is made
id: key
name: key
logsource: {product: aws, service: cloudtrail}
detection: {sel: {eventName: CreateAccessKey}, condition: sel}
---
title: Many listings
id: many
correlation: {type: event_count, rules: [listing], group-by: [sourceIPAddress], timespan: 10m, condition: {gte: 3}}
level: high
---
title: Listing, then a key
id: then
correlation: {type: temporal_ordered, rules: [listing, key], group-by: [sourceIPAddress], timespan: 10m}
level: critical
---
title: Few listings
id: few
correlation: {type: event_count, rules: [listing], group-by: [sourceIPAddress], timespan: 10m, condition: {lt: 2}}
---
title: Few, again and again
id: again
correlation: {type: event_count, rules: [few], group-by: [sourceIPAddress], timespan: 1h, condition: {gte: 2}}
`;

const MINUTE = 60_000;
let now = Date.parse('2026-01-02T03:00:30Z');
const clock = { now: () => new Date(now) };
const signal = new AbortController().signal;
let panther: TestPipeline;
let runtime: Runtime;
let live: LiveDetections;
let sent = 0;

before(async () => {
  const root = temporaryFolder('sigma-correlation');
  const log = createLog({ level: 'error', format: 'json', now: () => clock.now(), write() {} });
  const contentDir = join(PACKAGE_ROOT, 'content');
  runtime = { ...(await openRuntime({ config: await readConfig(undefined), root, contentDir, log, env: {} })), clock };
  const folder = temporaryFolder('sigma-rules');
  writeFileSync(join(folder, 'rules.yml'), SIGMA);
  const content = loadDetections(folder);
  assert.deepEqual(
    content.problems.map(({ line, field }) => [line, field]),
    [[27, 'correlation']],
    'a correlation of one that is only known at the end of its time does not run live',
  );
  await installContent(runtime.adapters.state, clock, 'pack:sigma', content);
  live = await openLiveDetections({ adapters: runtime.adapters, clock, log });
  panther = await openTestPipeline({ root, detections: live, clock });
  await createScheduler(runtime).tick(signal);
});

after(async () => {
  await live.close();
  await runtime.close();
  await panther.close();
});

/** Events at minutes after three, then a run of what is due at `untilMinute`. */
async function process(events: readonly (readonly [number, string, string])[], untilMinute: number): Promise<void> {
  const lines = events.map(([minute, sourceIPAddress, eventName]) => {
    sent += 1;
    return trailEvent(minute, 'IAMUser', { sourceIPAddress, eventName, eventID: `s${sent}` });
  });
  if (lines.length > 0) {
    await panther.send(`${sent}.json`, Buffer.from(lines.join('\n')));
    await panther.processAll();
  }
  now = Date.parse('2026-01-02T03:00:30Z') + untilMinute * MINUTE;
  await createScheduler(runtime).tick(signal);
}

async function alerts(id?: string): Promise<readonly (readonly [string, string, number])[]> {
  const rows = await runtime.adapters.state.db
    .selectFrom('alerts')
    .select(['rule_id', 'title', 'event_count'])
    .where('rule_id', id === undefined ? '!=' : '=', id ?? 'few')
    .orderBy('rule_id')
    .orderBy('title')
    .execute();
  return rows.map((row) => [row.rule_id, row.title, row.event_count] as const);
}

const [A, B] = ['192.0.2.1', '192.0.2.2'];

test('events are counted over runs, by group; the rules themselves raise nothing', async () => {
  await process(
    [
      [1, A, 'ListUsers'],
      [2, A, 'ListUsers'],
      [2, B, 'ListUsers'],
    ],
    5,
  );
  assert.deepEqual(await alerts(), []);
  await process([[6, A, 'ListUsers']], 10);
  assert.deepEqual(await alerts(), [['many', `Many listings: ${A}`, 1]]);
});

test('what was reported is not reported again; what comes late counts', async () => {
  await process([], 15);
  assert.deepEqual(await alerts(), [['many', `Many listings: ${A}`, 1]]);
  await process(
    [
      [7, B, 'ListUsers'],
      [9, B, 'ListUsers'],
    ],
    20,
  );
  assert.deepEqual(await alerts(), [
    ['many', `Many listings: ${A}`, 1],
    ['many', `Many listings: ${B}`, 1],
  ]);
});

test('an order of rules', async () => {
  await process(
    [
      [21, A, 'CreateAccessKey'],
      [22, A, 'ListUsers'],
    ],
    25,
  );
  assert.deepEqual(
    (await alerts()).filter(([id]) => id === 'then'),
    [],
  );
  await process([[26, A, 'CreateAccessKey']], 30);
  assert.deepEqual(
    (await alerts()).filter(([id]) => id === 'then'),
    [['then', `Listing, then a key: ${A}`, 1]],
  );
});

test('what is decided at the end of its time is decided once, whatever comes later', async () => {
  await process([], 35);
  assert.deepEqual(await alerts('few'), [], 'events may still be late');
  await process([], 40);
  assert.deepEqual(await alerts('few'), [['few', `Few listings: ${A}`, 1]]);
  await process(
    [
      [23, A, 'ListUsers'],
      [24, A, 'ListUsers'],
    ],
    45,
  );
  assert.deepEqual(await alerts('few'), [['few', `Few listings: ${A}`, 1]]);
  const windows = await runtime.adapters.state.db.selectFrom('correlation_windows').selectAll().execute();
  assert.deepEqual(
    windows.map(({ detection_id, decided_until }) => [detection_id, decided_until]),
    [['few', '2026-01-02T03:32:00.000Z']],
  );
});

test('each run is recorded', async () => {
  const runs = await runtime.adapters.state.db
    .selectFrom('scheduled_runs')
    .select(['detection_id', 'state', 'error'])
    .execute();
  assert.deepEqual([...new Set(runs.map(({ detection_id }) => detection_id))].sort(), ['few', 'many', 'then']);
  assert.deepEqual(
    runs.filter(({ state }) => state !== 'succeeded'),
    [],
  );
});
