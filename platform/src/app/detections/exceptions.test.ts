/** Exceptions of live detections: what they hide is no match and no alert, and is counted once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openTestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { type Detection, toDetection } from '../../detections/detection.ts';
import type { LoadedDetections } from '../../detections/load.ts';
import { dataDir } from '../data-dir.ts';
import { openEmbedded } from '../embedded.ts';
import { createLog } from '../log.ts';
import { installContent } from './detection-store.ts';
import { openLiveDetections } from './live-detections.ts';

const QUIET = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });
const BACKUP = [{ DeepKey: ['userIdentity', 'arn'], Condition: 'EndsWith', Value: 'user/u1' }];

function parsed(spec: Readonly<Record<string, unknown>>): Detection {
  const found = toDetection(spec, '', '');
  if ('issues' in found) throw new Error(found.issues[0]?.message);
  return found.detection;
}

function rule(title: string): Detection {
  return parsed({
    AnalysisType: 'rule',
    RuleID: 'Roots',
    Enabled: true,
    Severity: 'High',
    LogTypes: ['AWS.CloudTrail'],
    AlertTitle: title,
    Detection: [{ DeepKey: ['userIdentity', 'type'], Condition: 'Equals', Value: 'Root' }],
  });
}

const content = (detections: readonly Detection[]) => ({ detections }) as unknown as LoadedDetections;
const lines = (from: number, to: number) =>
  Buffer.from(Array.from({ length: to - from }, (_, n) => `${trailEvent(from + n, 'Root')}\n`).join(''));

async function open(t: TestContext, installed: readonly Detection[]) {
  const root = temporaryFolder('exceptions');
  let offsetMs = 0;
  const clock = { now: () => new Date(Date.now() + offsetMs) };
  const adapters = await openEmbedded(dataDir(root), clock);
  await installContent(adapters.state, clock, 'test', content(installed));
  const live = await openLiveDetections({ adapters, clock, log: QUIET });
  const panther = await openTestPipeline({ root, detections: live, clock });
  t.after(async () => {
    await live.close();
    await panther.close();
    await adapters.close();
  });
  const { db } = adapters.state;
  return {
    ...panther,
    live,
    clock,
    state: adapters.state,
    advance: (ms: number) => {
      offsetMs += ms;
    },
    matches: () => panther.rows('SELECT eventID FROM panther_rule_matches.aws_cloudtrail ORDER BY 1'),
    hits: () => db.selectFrom('exception_hits').selectAll().execute(),
    async except(conditions: unknown, expires_at: string | null = null) {
      const at = clock.now().toISOString();
      const made = { created_at: at, created_by: 'u', updated_at: at, updated_by: 'u' };
      const said = { reason: 'backup', owner: 'ops', force_reason: '', enabled: 1 as const, ...made };
      const row = { id: 'e1', detection_id: 'Roots', conditions: JSON.stringify(conditions), expires_at, ...said };
      await db.insertInto('exceptions').values(row).execute();
      await live.reload();
    },
  };
}

test('what an exception hides is no match and no alert, is counted once, and it survives an update', async (t) => {
  const panther = await open(t, [rule('one')]);
  await panther.except(BACKUP);
  await panther.send('one.ndjson', lines(1, 2));
  await panther.processAll();
  assert.deepEqual(await panther.matches(), []);
  assert.deepEqual(await panther.adapters.state.db.selectFrom('alerts').select('id').execute(), []);
  await installContent(panther.state, panther.clock, 'test', content([rule('another')]));
  await panther.live.reload();
  await panther.send('two.ndjson', lines(0, 3));
  await panther.processAll();
  assert.deepEqual(await panther.matches(), [['e0'], ['e2']]);
  const [hit, ...more] = await panther.hits();
  assert.deepEqual([hit?.exception_id, hit?.hidden, more.length], ['e1', 2, 0]);
  const recent = JSON.parse(hit?.recent ?? '[]') as { rowId: string; logType: string }[];
  assert.deepEqual(
    recent.map(({ logType }) => logType),
    ['AWS.CloudTrail', 'AWS.CloudTrail'],
  );
  const stored = await panther.rows("SELECT p_row_id FROM panther_logs.aws_cloudtrail WHERE eventID = 'e1' ORDER BY 1");
  assert.deepEqual(stored.flat().sort(), recent.map(({ rowId }) => rowId).sort());
});

test('a commit that fails counts nothing; the next attempt counts once', async (t) => {
  const panther = await open(t, [rule('one')]);
  await panther.except(BACKUP);
  const { changes } = panther.live;
  const apply = changes?.apply;
  if (changes === undefined || apply === undefined) throw new Error('no changes');
  let failures = 1;
  Object.assign(changes, {
    async apply(tx: Parameters<typeof apply>[0]) {
      await apply(tx);
      if (failures-- > 0) throw new Error('the disk fell off');
    },
  });
  await panther.send('one.ndjson', lines(0, 3));
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await panther.processAll();
    panther.advance(60_000);
  }
  assert.ok(failures < 0);
  assert.equal((await panther.matches()).length, 2);
  assert.equal((await panther.hits())[0]?.hidden, 1);
});

test('an exception that expires stops to hide at once, without a reload', async (t) => {
  const panther = await open(t, [rule('one')]);
  await panther.except(BACKUP, new Date(panther.clock.now().getTime() + 3_600_000).toISOString());
  await panther.send('one.ndjson', lines(1, 2));
  await panther.processAll();
  assert.deepEqual(await panther.matches(), []);
  panther.advance(3_600_001);
  await panther.send('two.ndjson', lines(1, 2));
  await panther.processAll();
  assert.deepEqual(await panther.matches(), [['e1']]);
});

test('exceptions kept in files are in force, unless they have expired or are disabled', async (t) => {
  const kept = (changes: object) =>
    parsed({
      AnalysisType: 'exception',
      ExceptionID: 'Roots.Backup',
      DetectionID: 'Roots',
      Conditions: BACKUP,
      Reason: 'The backup signs in as root.',
      Owner: 'ops',
      ...changes,
    });
  const panther = await open(t, [rule('one'), kept({})]);
  await panther.send('one.ndjson', lines(0, 2));
  await panther.processAll();
  assert.deepEqual(await panther.matches(), [['e0']]);
  assert.deepEqual(
    (await panther.hits()).map((row) => row.exception_id),
    ['Roots.Backup'],
  );
  for (const changes of [{ Expires: '2026-01-01T00:00:00+02:00' }, { Enabled: false }]) {
    await panther.state.db.deleteFrom('detections').where('id', '=', 'Roots.Backup').execute();
    await installContent(panther.state, panther.clock, 'test', content([rule('one'), kept(changes)]));
    await panther.live.reload();
    await panther.send(`${JSON.stringify(changes).length}.ndjson`, lines(1, 2));
    await panther.processAll();
  }
  assert.deepEqual(await panther.matches(), [['e0'], ['e1'], ['e1']]);
});

test('exceptions in files say what is wrong with them', () => {
  const spec = { AnalysisType: 'exception', ExceptionID: 'E', DetectionID: 'D', Reason: 'r', Owner: 'o' };
  const issues = (changes: object) => {
    const found = toDetection({ ...spec, Conditions: BACKUP, ...changes }, '', '');
    return 'issues' in found ? found.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) : [];
  };
  assert.deepEqual(issues({}), []);
  assert.match(issues({ Conditions: [] })[0] ?? '', /^Conditions: must have at least one condition/);
  assert.match(issues({ Conditions: [{ Key: 'a', Condition: 'Equal' }] })[0] ?? '', /^Conditions\.0\.Condition: /);
  assert.match(issues({ Expires: 'soon' })[0] ?? '', /^Expires: must be a time such as/);
  assert.match(issues({ Owner: undefined })[0] ?? '', /^Owner: /);
});

test('a new exception leaves the rules loaded as they are', async (t) => {
  const counting = `let events = 0;
export function rule() { events += 1; return true; }
export function title() { return String(events); }
`;
  const spec = { AnalysisType: 'rule', RuleID: 'Counts', Enabled: true, Severity: 'Low', LogTypes: ['AWS.CloudTrail'] };
  const parsed = toDetection({ ...spec, Filename: 'c.ts' }, 'c.ts', counting);
  if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
  const panther = await open(t, [rule('one'), parsed.detection]);
  const titles = async () => {
    const alerts = await panther.rows(
      `SELECT p_rule_title FROM panther_rule_matches.aws_cloudtrail WHERE p_rule_id = 'Counts' ORDER BY 1`,
    );
    return alerts.flat();
  };
  await panther.send('one.ndjson', lines(0, 2));
  await panther.processAll();
  await panther.except(BACKUP);
  await panther.send('two.ndjson', lines(1, 3));
  await panther.processAll();
  assert.deepEqual(await titles(), ['1', '2', '3', '4'], 'the module has not been loaded anew');
  assert.ok((await panther.hits()).length > 0, 'and the exception is in force');
});
