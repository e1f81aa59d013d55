/**
 * What users of such systems asked for and suffered from about detections, as acceptance tests: each name says the need.
 * In a running Panther, over its API, except where the clock must be moved.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Exception } from '../../src/api/contract/exceptions.ts';
import type { Source } from '../../src/api/contract/sources.ts';
import { dataDir } from '../../src/app/data-dir.ts';
import { installContent } from '../../src/app/detections/detection-store.ts';
import { openLiveDetections } from '../../src/app/detections/live-detections.ts';
import { openEmbedded } from '../../src/app/embedded.ts';
import { createLog } from '../../src/app/log.ts';
import { PACKAGE_ROOT } from '../../src/app/package-root.ts';
import { loadDetections } from '../../src/detections/load.ts';
import { loadLogTypes } from '../../src/log-analysis/schema.ts';
import { fillEvent } from '../support/fill-event.ts';
import { type Client, eventually, type Panther, setUp, startPanther, temporaryFolder } from '../support/panther.ts';
import { openTestPipeline, trailEvent } from '../support/pipeline.ts';
import { addSource, received, select, writeConfig } from '../support/user.ts';

const home = temporaryFolder('needs');
let panther: Panther;
let client: Client;
let source: Source & { readonly token: string };
let sent = 0;
/** Of what happens in the background, on a machine that is busy with other tests. */
const PATIENCE_MS = 180_000;

function yamlRule(id: string, marker: string, more: object = {}): string {
  // JSON is YAML.
  return JSON.stringify({
    AnalysisType: 'rule',
    RuleID: id,
    Enabled: true,
    Severity: 'High',
    LogTypes: ['AWS.CloudTrail'],
    GroupBy: [{ Key: 'recipientAccountId' }],
    Detection: [{ Key: 'eventName', Condition: 'Equals', Value: marker }],
    Tests: [
      { Name: 'an intruder', ExpectedResult: true, Log: { eventName: marker, awsRegion: 'eu-north-1' } },
      { Name: 'another event', ExpectedResult: false, Log: { eventName: 'ListUsers' } },
    ],
    ...more,
  });
}

before(async () => {
  const folder = join(home, 'detections');
  mkdirSync(folder);
  const rules = {
    survives: yamlRule('Survives', 'Survive'),
    verified: yamlRule('Verified', 'Verify'),
    explained: yamlRule('Explained', 'Explain'),
    counted: yamlRule('Counted', 'Count', { Threshold: 5 }),
    signal: yamlRule('Signal', 'Signal', { CreateAlert: false }),
  };
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, `${name}.yml`), text);
  panther = await startPanther({
    dataDir: join(home, 'data'),
    args: ['--config', writeConfig(home, undefined, { detections: [folder] })],
  });
  client = await setUp(panther);
  source = await addSource(client, { name: 'Push', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} });
});

after(async () => {
  await panther.kill();
  rmSync(home, { recursive: true, force: true });
});

/** Sends one event and waits until its effects are durable; gives its `eventID`. */
async function send(eventName: string, more: object = {}): Promise<string> {
  sent += 1;
  const id = `n${sent}`;
  const event = trailEvent(sent % 60, 'IAMUser', {
    eventName,
    eventID: id,
    recipientAccountId: '111111111111',
    ...more,
  });
  await post(source, `${event}\n`);
  await received(client, source.id, sent);
  return id;
}

async function post({ name, token }: { readonly name: string; readonly token: string }, body: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' };
  const answer = await fetch(`${panther.url}/api/v1/ingest/${name}`, { method: 'POST', headers, body });
  assert.equal(answer.status, 200, await answer.text());
}

async function isMatched(eventId: string): Promise<boolean> {
  const sql = `SELECT count(*)::INTEGER FROM panther_rule_matches.aws_cloudtrail WHERE eventID = '${eventId}'`;
  return (await select(client, sql))[0]?.[0] !== 0;
}

/** Detections are replaced in the background: sends until an event is hidden. */
async function untilHidden(exception: Exception, eventName: string, more: object): Promise<string> {
  return eventually(
    `exception ${exception.id} hides`,
    async () => {
      const id = await send(eventName, more);
      return !(await isMatched(id)) && id;
    },
    PATIENCE_MS,
  );
}

const inRegion = (region: string) => [{ Key: 'awsRegion', Condition: 'Equals', Value: region }];

test('need 16: an exception survives an update of the detection', async () => {
  const body = { detectionId: 'Survives', conditions: inRegion('us-west-2'), reason: 'the test account' };
  const exception = await client.call('POST /exceptions', { body });
  await untilHidden(exception, 'Survive', { awsRegion: 'us-west-2' });
  const params = { id: 'Survives' };
  const { version } = await client.call('GET /detections/:id', { params });
  const yaml = yamlRule('Survives', 'Survive', { Description: 'Another version', Severity: 'Low' });
  const saved = await client.call('PUT /detections/:id', {
    params,
    body: { yaml, body: '', expectedVersion: version },
  });
  assert.notEqual(saved.version, version);
  await eventually(
    'the new version runs',
    async () => {
      const id = await send('Survive', { awsRegion: 'us-east-1' });
      const sql = `SELECT p_rule_severity FROM panther_rule_matches.aws_cloudtrail WHERE eventID = '${id}'`;
      return (await select(client, sql))[0]?.[0] === 'LOW';
    },
    PATIENCE_MS,
  );
  const hidden = await send('Survive', { awsRegion: 'us-west-2' });
  assert.equal(await isMatched(hidden), false);
  const after = await client.call('GET /exceptions/:id', { params: { id: exception.id } });
  assert.ok(after.hiddenCount >= 2, `${after.hiddenCount}`);
  assert.equal(after.state, 'live');
});

test('need 17: exceptions are verified against true positives, from the alert', async () => {
  await send('Verify', { awsRegion: 'eu-west-1', sourceIPAddress: '192.0.2.7' });
  await send('Verify', { awsRegion: 'eu-west-2', sourceIPAddress: '192.0.2.8', recipientAccountId: '222222222222' });
  const alerts = await eventually('two alerts', async () => {
    const { items } = await client.call('GET /alerts', { query: { ruleId: 'Verified' } });
    return items.length === 2 && items;
  });
  const [right, wrong] = ['111111111111', '222222222222'].map((dedup) => alerts.find((one) => one.dedup === dedup));
  assert.ok(right && wrong);
  await client.call('PATCH /alerts/:id', { params: { id: right.id }, body: { status: 'RESOLVED' } });
  const { suggestions } = await client.call('POST /exceptions/suggest', { body: { alertId: wrong.id } });
  const region = suggestions.find(({ field }) => field === 'awsRegion');
  assert.deepEqual([region?.value, region?.elsewhere], ['eu-west-2', 0]);
  assert.ok(suggestions.every(({ field }) => field !== 'eventName' && field !== 'eventID'));
  const made = { detectionId: 'Verified', reason: 'a scanner of ours' };
  const check = (value: string) =>
    client.call('POST /exceptions/check', { body: { detectionId: 'Verified', conditions: inRegion(value) } });
  assert.deepEqual((await check('eu-west-2')).hides, []);
  const hides = [...(await check('eu-west-1')).hides, ...(await check('eu-north-1')).hides];
  assert.deepEqual(
    hides.map(({ kind, id }) => [kind, id]),
    [
      ['alert', right.id],
      ['test', 'an intruder'],
    ],
  );
  const refused = client.call('POST /exceptions', { body: { ...made, conditions: inRegion('eu-west-1') } });
  await assert.rejects(refused, new RegExp(`409 .*would have hidden alert ${right.id}`));
  const conditions = region?.conditions;
  const exception = await client.call('POST /exceptions', { body: { ...made, conditions } });
  await untilHidden(exception, 'Verify', { awsRegion: 'eu-west-2' });
});

test('need 19: every match says why it did or did not become an alert', async () => {
  const explain = async (eventId: string) => {
    const rows = await select(
      client,
      `SELECT p_row_id, p_event_time FROM panther_logs.aws_cloudtrail WHERE eventID = '${eventId}'`,
    );
    const [rowId, time] = rows[0] ?? [];
    const eventTime = `${String(time).replace(' ', 'T').slice(0, 19)}Z`;
    const query = { rowId: String(rowId), logType: 'AWS.CloudTrail', eventTime };
    return (await client.call('GET /match-outcomes', { query })).items;
  };
  const words = async (eventId: string) => (await explain(eventId)).map(({ explanation }) => explanation).join(' | ');
  const first = await send('Explain');
  assert.match(await words(first), /^It opened alert [0-9a-f]{32}, dedup period of 60 minutes\.$/);
  const second = await send('Explain');
  assert.match(await words(second), /^It is one of the 2 events of alert [0-9a-f]{32}: .* were merged into it/);
  await send('Count');
  assert.match(await words(await send('Count')), /^No alert: below the threshold, 2 of 5 events; counting until 2/);
  assert.match(await words(await send('Signal')), /^No alert: the detection was a signal/);
  assert.deepEqual(await explain(await send('Nothing')), []);
  const body = { detectionId: 'Explained', conditions: inRegion('ap-south-1'), reason: 'the office', owner: 'Ops' };
  const exception = await client.call('POST /exceptions', { body });
  const hidden = await untilHidden(exception, 'Explain', { awsRegion: 'ap-south-1' });
  assert.match(
    await words(hidden),
    new RegExp(`^No alert: hidden at .* by exception ${exception.id} of Ops: the office`),
  );
  await client.call('POST /detections/bulk', { body: { ids: ['Explained'], action: 'disable' } });
  assert.match(await words(second), /The detection has been disabled since\.$/);
});

test('need 18: the first alert is sent at once, the rest merge; a changed dedup period applies at once', async () => {
  const root = temporaryFolder('need-18');
  let offsetMs = 0;
  const clock = { now: () => new Date(Date.now() + offsetMs) };
  const adapters = await openEmbedded(dataDir(root), clock);
  const folder = join(root, 'detections');
  mkdirSync(folder);
  const install = async (minutes: number) => {
    writeFileSync(join(folder, 'r.yml'), yamlRule('Merged', 'Merge', { DedupPeriodMinutes: minutes, GroupBy: [] }));
    await installContent(adapters.state, clock, 'test', loadDetections(folder));
  };
  await install(60);
  const log = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });
  const live = await openLiveDetections({ adapters, clock, log });
  const pipeline = await openTestPipeline({ root, detections: live, clock });
  const counts = async () => {
    const { db } = adapters.state;
    const rows = await db.selectFrom('alerts').select('event_count').orderBy('created_at').execute();
    return rows.map((row) => row.event_count);
  };
  const sendOne = async (index: number) => {
    await pipeline.send(`${index}.ndjson`, Buffer.from(trailEvent(index, 'IAMUser', { eventName: 'Merge' })));
    await pipeline.processAll();
  };
  await sendOne(1);
  assert.deepEqual(await counts(), [1]);
  assert.equal((await adapters.queue.counts('panther-alerts-queue')).visible, 1);
  offsetMs += 10 * 60_000;
  await sendOne(2);
  assert.deepEqual(await counts(), [2]);
  await install(5);
  await live.reload();
  await sendOne(3);
  assert.deepEqual(await counts(), [2, 1]);
  await install(60);
  await live.reload();
  offsetMs += 30 * 60_000;
  await sendOne(4);
  assert.deepEqual(await counts(), [2, 2]);
  await live.close();
  await pipeline.close();
  await adapters.close();
  rmSync(root, { recursive: true, force: true });
});

test('need 23: tests mock what a detection calls, bring their own enrichment, and are run one by one', async () => {
  const code = `def reputation(ip):
    raise Exception("no network here")


def rule(event):
    team = event.deep_get("p_enrichment", "Staff", "user", "team")
    return team == "red" and reputation(event.get("ip")) == "bad"
`;
  const log = { user: 'eve', ip: '192.0.2.1', p_enrichment: { Staff: { user: { team: 'red' } } } };
  const mock = (returnValue: string) => [{ objectName: 'reputation', returnValue }];
  const tests = [
    { Name: 'bad', ExpectedResult: true, Mocks: mock('bad'), Log: log },
    { Name: 'good', ExpectedResult: false, Mocks: mock('good'), Log: log },
    { Name: 'of nobody', ExpectedResult: false, Log: { ip: '192.0.2.1' } },
    { Name: 'not mocked', ExpectedResult: true, Log: log },
  ];
  const yaml = JSON.stringify({
    ...JSON.parse(yamlRule('Mocked', 'x')),
    ...NO_CONDITIONS,
    Filename: 'm.py',
    Tests: tests,
  });
  const draft = { yaml, body: code };
  const all = await client.call('POST /detection-drafts/test', { body: draft });
  assert.deepEqual(
    all.results.map(({ name, passed }) => [name, passed]),
    [
      ['bad', true],
      ['good', true],
      ['of nobody', true],
      ['not mocked', false],
    ],
  );
  assert.match(all.results[3]?.error ?? '', /no network here/);
  const some = await client.call('POST /detection-drafts/test', { body: { ...draft, names: ['good'] } });
  assert.deepEqual([some.passed, some.failed, some.results.length], [1, 0, 1]);
});

const NO_CONDITIONS = { Detection: undefined, GroupBy: undefined };

/** Log types whose logs are JSON, as events are; others are read from lines of text. */
const JSON_LOG_TYPES = [
  'AWS.CloudTrail',
  'Amazon.EKS.Audit',
  'GSuite.Reports',
  'GitHub.Audit',
  'GitLab.API',
  'Okta.SystemLog',
  'Suricata.DNS',
  'Zeek.DNS',
];

test('a draft is run on an event of the lake, and its comments are kept', async () => {
  await send('Drafted', { awsRegion: 'eu-central-1' });
  const { items } = await client.call('GET /detection-drafts/events', {
    query: { logType: 'AWS.CloudTrail', limit: '50' },
  });
  const event = items.find(({ eventName }) => eventName === 'Drafted');
  assert.match(String(event?.p_event_time), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}$/);
  const yaml = `# by the people on call
AnalysisType: rule
RuleID: Drafted
Filename: drafted.ts
Enabled: false # until it was replayed
Severity: High
LogTypes: [AWS.CloudTrail]
`;
  const body = `import type { Event } from 'panther';

export function rule(event: Event<'AWS.CloudTrail'>): boolean {
  console.log('in', event.awsRegion);
  return event.eventName === 'Drafted';
}

export const title = (event: Event<'AWS.CloudTrail'>) => \`in \${event.awsRegion}\`;
`;
  const run = await client.call('POST /detection-drafts/run-on-event', { body: { yaml, body, event } });
  assert.deepEqual([run.matched, run.match?.title, run.match?.severity], [true, 'in eu-central-1', 'HIGH']);
  assert.deepEqual([run.output, run.notes], ['in eu-central-1\n', ['It is not enabled.']]);
  const params = { id: 'Drafted' };
  await client.call('PUT /detections/:id', { params, body: { yaml, body, expectedVersion: null } });
  assert.equal((await client.call('GET /detections/:id/source', { params })).yaml, yaml);
});

test('need 22: what the unit tests of the starter content say is what happens live', async () => {
  const { detections } = loadDetections(join(PACKAGE_ROOT, 'content', 'detections'));
  const rules = detections.filter(({ type, tests }) => type === 'rule' && tests.length > 0);
  const ids = rules.map(({ id }) => id);
  const { changed } = await client.call('POST /detections/bulk', { body: { ids, action: 'enable' } });
  assert.equal(changed, ids.length);
  const logTypes = loadLogTypes(join(PACKAGE_ROOT, 'content', 'log-types'));
  const feeds = [];
  for (const logType of JSON_LOG_TYPES) {
    const fields = logTypes.get(logType)?.fields ?? [];
    const cases = rules.flatMap(({ id, info, tests }) =>
      tests
        .filter(({ mocks, log }) => Object.keys(mocks).length === 0 && (log.p_log_type ?? info.logTypes[0]) === logType)
        .map(({ name, expectedResult, log }) => ({ id, name, expectedResult, log })),
    );
    const lines = cases.map(({ log }) => JSON.stringify(fillEvent(log, fields)));
    const name = `feed-${logType.replaceAll('.', '-')}`;
    const feed = await addSource(client, { name, type: 'http', logTypes: [logType], config: {} });
    await post(feed, `${lines.join('\n')}\n`);
    feeds.push({ id: feed.id, logType, cases });
  }
  const wrong: string[] = [];
  let positive = 0;
  let negative = 0;
  for (const { id: feed, logType, cases } of feeds) {
    const counts = await received(client, feed, cases.length);
    assert.deepEqual([counts.received, counts.stored], [cases.length, cases.length], logType);
    const table = logType.toLowerCase().replaceAll('.', '_');
    const sql = `SELECT p_row_id, p_rule_id FROM panther_rule_matches.${table} WHERE p_source_id = '${feed}'`;
    // The end of a row's id is the position of its record.
    const matches = (await select(client, sql)).map(
      ([row, rule]) => `${Number.parseInt(String(row).slice(-8), 16)} ${rule}`,
    );
    const found = new Set(matches);
    for (const [index, { id, name, expectedResult }] of cases.entries()) {
      if (found.has(`${index} ${id}`) !== expectedResult)
        wrong.push(`${id}, test "${name}": expected ${expectedResult}`);
      if (expectedResult) positive += 1;
      else negative += 1;
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(positive > 90 && negative > 90, `${positive} that match, ${negative} that do not`);
});
