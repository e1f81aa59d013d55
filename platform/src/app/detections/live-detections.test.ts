/** What running detections change in the state: values of the stateful helpers, and rules that are switched off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openTestPipeline, type TestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { type Detection, toDetection } from '../../detections/detection.ts';
import type { LoadedDetections } from '../../detections/load.ts';
import { dataDir } from '../data-dir.ts';
import { openEmbedded } from '../embedded.ts';
import { createLog } from '../log.ts';
import { installContent } from './detection-store.ts';
import { type LiveDetections, openLiveDetections } from './live-detections.ts';

const QUIET = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });

function rule(id: string, body: string, more: object = {}) {
  const spec = {
    ...more,
    AnalysisType: 'rule',
    RuleID: id,
    Enabled: true,
    Filename: 'r.ts',
    Severity: 'High',
    LogTypes: ['AWS.CloudTrail'],
  };
  const parsed = toDetection(spec, 'r.ts', body);
  if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
  return parsed.detection;
}

const content = (detections: readonly Detection[]) => ({ detections }) as unknown as LoadedDetections;

/** Moved on, so that what failed is tried again. */
let offsetMs = 0;
const clock = { now: () => new Date(Date.now() + offsetMs) };

async function open(
  rules: Readonly<Record<string, string>>,
  more: object = {},
): Promise<TestPipeline & { readonly live: LiveDetections }> {
  const root = temporaryFolder('live');
  const adapters = await openEmbedded(dataDir(root), clock);
  const detections = Object.entries(rules).map(([id, body]) => rule(id, body, more));
  await installContent(adapters.state, clock, 'test', content(detections));
  const live = await openLiveDetections({ adapters, clock, log: QUIET });
  const pipeline = await openTestPipeline({ root, detections: live, clock });
  return {
    ...pipeline,
    live,
    async close() {
      await live.close();
      await pipeline.close();
      await adapters.close();
    },
  };
}

const lines = (count: number, from = 0) =>
  Buffer.from(Array.from({ length: count }, (_, index) => `${trailEvent(from + index, 'Root', {})}\n`).join(''));

test('a unit whose commit fails counts once when it is processed again', async (t) => {
  const panther = await open({
    Counting: `import { incrementCounter } from 'panther';
      export const rule = () => incrementCounter('roots') % 5 === 0;
      export const dedup = (event: { eventID: string }) => event.eventID;`,
  });
  t.after(() => panther.close());
  const { changes } = panther.live;
  let failures = 2;
  const apply = changes?.apply;
  if (changes === undefined || apply === undefined) throw new Error('no changes');
  Object.assign(changes, {
    async apply(tx: Parameters<typeof apply>[0]) {
      await apply(tx);
      if (failures-- > 0) throw new Error('the disk fell off');
    },
  });
  await panther.send('one.ndjson', lines(7));
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await panther.processAll();
    offsetMs += 60_000;
  }
  assert.ok(failures < 0);
  await panther.send('two.ndjson', lines(8, 100));
  await panther.processAll();
  const { state } = panther.adapters;
  const values = await state.db.selectFrom('key_values').select('int_count').execute();
  assert.deepEqual(
    values.map(({ int_count }) => int_count),
    [15],
  );
  const [matches] = await panther.rows('SELECT count(*)::INTEGER FROM panther_rule_matches.aws_cloudtrail');
  assert.deepEqual(matches, [3]);
});

test('a rule that always throws is alerted on once, stored a few times, switched off, and others go on', async (t) => {
  const panther = await open({
    Throws: 'export const rule = () => { throw new Error("boom"); };',
    Good: 'export const rule = () => true; export const dedup = () => "good";',
  });
  t.after(() => panther.close());
  await panther.send('many.ndjson', lines(1_500));
  await panther.processAll();
  const { state } = panther.adapters;
  const alerts = await state.db
    .selectFrom('alerts')
    .select(['rule_id', 'type', 'title', 'event_count'])
    .orderBy('title')
    .execute();
  assert.deepEqual(
    alerts.map(({ rule_id, type, event_count }) => [rule_id, type, event_count]),
    [
      ['Throws', 'RULE_ERROR', 1_500],
      ['Good', 'RULE', 1_500],
      ['Throws', 'RULE_ERROR', 1],
    ],
  );
  assert.match(alerts[2]?.title ?? '', /Throws was switched off/);
  const errors = await panther.rows('SELECT p_rule_error FROM panther_rule_errors.aws_cloudtrail ORDER BY ALL');
  assert.equal(errors.length, 22);
  assert.equal(
    errors.filter(([text]) => /last of 1500 such errors in one commit; 1479 between/.test(String(text))).length,
    1,
  );
  const faults = await state.db.selectFrom('detection_faults').select(['detection_id', 'reason']).execute();
  assert.match(faults[0]?.reason ?? '', /failed on the last 1500 events, without one success: Error: boom/);
  await panther.send('more.ndjson', lines(10, 5_000));
  await panther.processAll();
  const counts = await state.db
    .selectFrom('alerts')
    .select(['rule_id', 'event_count'])
    .orderBy('event_count')
    .execute();
  assert.deepEqual(
    counts.map(({ event_count }) => event_count),
    [1, 1_500, 1_510],
  );
});

test('a rule that was switched off stays so after a restart, until its code changes', async (t) => {
  const panther = await open({ Throws: 'export const rule = () => { throw new Error("boom"); };' });
  t.after(() => panther.close());
  await panther.send('many.ndjson', lines(1_200));
  await panther.processAll();
  const { state } = panther.adapters;
  const enabled = async () => (await state.db.selectFrom('detections').select('enabled').executeTakeFirst())?.enabled;
  assert.equal(await enabled(), 0);
  const install = (body: string) => installContent(state, clock, 'test', content([rule('Throws', body)]));
  await install('export const rule = () => { throw new Error("boom"); };');
  assert.equal(await enabled(), 0);
  await install('export const rule = () => false;');
  assert.equal(await enabled(), 1);
  assert.deepEqual(await state.db.selectFrom('detection_faults').selectAll().execute(), []);
});

test('a threshold counts events within the dedup period, by dedup string', async (t) => {
  const body = `export const rule = () => true;
    export const dedup = (event: { requestParameters: { group: string } }) => event.requestParameters.group;`;
  const panther = await open({ Counts: body }, { Threshold: 4, DedupPeriodMinutes: 30 });
  t.after(() => panther.close());
  let sent = 0;
  const send = async (group: string, count: number) => {
    const one = () => trailEvent(sent++, 'Root', { requestParameters: { group } });
    await panther.send(`${sent}.ndjson`, Buffer.from(Array.from({ length: count }, one).join('\n')));
    await panther.processAll();
  };
  const alerts = async () => {
    const rows = await panther.adapters.state.db.selectFrom('alerts').select(['dedup', 'event_count']).execute();
    return rows.map(({ dedup, event_count }) => `${dedup} ${event_count}`).sort();
  };
  await send('a', 3);
  await send('b', 3);
  assert.deepEqual(await alerts(), []);
  await send('a', 1);
  assert.deepEqual(await alerts(), ['a 4']);
  await send('a', 2);
  assert.deepEqual(await alerts(), ['a 6']);
  offsetMs += 31 * 60_000;
  await send('b', 3);
  await send('a', 3);
  assert.deepEqual(await alerts(), ['a 6']);
  await send('b', 1);
  assert.deepEqual(await alerts(), ['a 6', 'b 4']);
});

test('a threshold counts distinct values where the rule has unique', async (t) => {
  const body = `export const rule = () => true;
    export const dedup = () => 'all';
    export const unique = (event: { sourceIPAddress: string }) => event.sourceIPAddress;`;
  const panther = await open({ Distinct: body }, { Threshold: 3, DedupPeriodMinutes: 30 });
  t.after(() => panther.close());
  let sent = 0;
  const send = async (...addresses: readonly string[]) => {
    const lines = addresses.map((sourceIPAddress) => trailEvent(sent++, 'Root', { sourceIPAddress }));
    await panther.send(`${sent}.ndjson`, Buffer.from(lines.join('\n')));
    await panther.processAll();
  };
  const counts = async () => {
    const rows = await panther.adapters.state.db.selectFrom('alerts').select('event_count').execute();
    return rows.map(({ event_count }) => event_count);
  };
  await send('192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2');
  await send('192.0.2.2', '192.0.2.1');
  assert.deepEqual(await counts(), []);
  offsetMs += 31 * 60_000;
  await send('192.0.2.3', '192.0.2.1');
  assert.deepEqual(await counts(), []);
  await send('192.0.2.1', '192.0.2.4', '192.0.2.1');
  assert.deepEqual(await counts(), [5]);
  await send('192.0.2.9');
  assert.deepEqual(await counts(), [6]);
});
