/** Lookup tables from their installation to `p_enrichment` in the lake. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openTestPipeline, type TestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { toDetection } from '../../detections/detection.ts';
import { readConfig } from '../config.ts';
import { createRunners } from '../detections/detection-runners.ts';
import { installContent } from '../detections/detection-store.ts';
import { openLiveDetections } from '../detections/live-detections.ts';
import { createLog } from '../log.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { openRuntime, type Runtime } from '../runtime.ts';
import { type LiveEnrichment, openLiveEnrichment } from './live-enrichment.ts';
import { lookupOnDemand } from './lookup-on-demand.ts';
import { refreshLookups } from './lookup-refresh.ts';
import { readFiles } from './lookup-store.ts';

let now = Date.parse('2026-07-01T00:00:00Z');
const clock = { now: () => new Date(now) };
const signal = new AbortController().signal;
const log = createLog({ level: 'error', format: 'json', now: () => clock.now(), write() {} });
let answer = { status: 200, body: 'region,threat\nus-west-2,low\n' };
const server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));

let root: string;
let runtime: Runtime;
let panther: TestPipeline;
let enrichment: LiveEnrichment;

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  root = temporaryFolder('lookups');
  const config = await readConfig(undefined, { allowedDestinationHosts: ['127.0.0.1'] });
  runtime = await openRuntime({ config, root, contentDir: join(PACKAGE_ROOT, 'content'), log, env: {} });
  enrichment = await openLiveEnrichment(runtime.adapters, log);
  panther = await openTestPipeline({ root, enrich: enrichment.enrich });
});

after(async () => {
  enrichment.close();
  await panther.close();
  await runtime.close();
  server.close();
});

async function install(name: string, more: Record<string, unknown>, body = ''): Promise<void> {
  const AssociatedLogTypes = [{ LogType: 'AWS.CloudTrail', Selectors: ['awsRegion', 'p_any_ip_addresses'] }];
  const LogTypeMap = { PrimaryKey: 'region', AssociatedLogTypes };
  const spec = { AnalysisType: 'lookup_table', LookupName: name, Enabled: true, LogTypeMap, ...more };
  const parsed = toDetection(spec, String(more.Filename ?? ''), body);
  if (!('detection' in parsed)) throw new Error(JSON.stringify(parsed.issues));
  const content = { detections: [parsed.detection], problems: [], places: new Map(), correlations: [] };
  await installContent(runtime.adapters.state, clock, `test:${name}`, content);
}

async function refresh(): Promise<readonly string[]> {
  const changed = await refreshLookups({ ...runtime, clock }, signal);
  await enrichment.reload();
  return changed;
}

async function enrichedBy(index: number): Promise<Record<string, unknown>> {
  await panther.send(`${index}.json`, Buffer.from(trailEvent(index, 'IAMUser', { awsRegion: 'us-west-2' })));
  await panther.processAll();
  const sql = `SELECT p_enrichment FROM panther_logs.aws_cloudtrail WHERE p_source_id = 's1' ORDER BY p_parse_time DESC LIMIT 1`;
  const [[text] = []] = await panther.rows(sql);
  return text === null ? {} : (JSON.parse(String(text)) as Record<string, unknown>);
}

test('without tables events stay as they are', async () => {
  assert.deepEqual(await enrichedBy(0), {});
});

test('a table that content brings along', async () => {
  await install('owners', { Filename: 'owners.csv' }, 'region,owner\nus-west-2,ann\n');
  await enrichment.reload();
  assert.deepEqual(await enrichedBy(1), {
    owners: { awsRegion: { region: 'us-west-2', owner: 'ann', p_match: 'us-west-2' } },
  });
});

test('a list on the web is fetched when it is time; what is broken leaves the old one and says why', async () => {
  const ObjectPath = `http://127.0.0.1:${(server.address() as AddressInfo).port}/threats.csv`;
  await install('threats', { Schema: 'S', Refresh: { ObjectPath, PeriodMinutes: 10 } });
  assert.deepEqual(await refresh(), ['threats']);
  assert.deepEqual(await refresh(), []);
  const threat = async (index: number) =>
    ((await enrichedBy(index)).threats as { awsRegion: { threat: string } }).awsRegion.threat;
  assert.equal(await threat(2), 'low');
  now += 11 * 60_000;
  answer = { status: 200, body: 'region,threat\nus-west-2,high\n' };
  assert.deepEqual(await refresh(), ['threats']);
  assert.equal(await threat(3), 'high');
  for (const broken of [
    { status: 503, body: '' },
    { status: 200, body: 'other,columns\n1,2\n' },
  ]) {
    now += 11 * 60_000;
    answer = broken;
    assert.deepEqual(await refresh(), []);
    const file = (await readFiles(runtime.adapters)).get('threats');
    assert.match(file?.problem ?? '', /answered 503|no row has the primary key region/);
    assert.equal(await threat(4), 'high');
  }
});

test('a table may come from the folder of the data folder, from nowhere else on the machine', async () => {
  await mkdir(join(root, 'lookups'));
  await writeFile(join(root, 'lookups', 'places.jsonl'), '{"region":"us-west-2","place":"Oregon"}\n');
  await install('places', { Schema: 'S', Refresh: { ObjectPath: 'file:places.jsonl' } });
  await install('evil', { Schema: 'S', Refresh: { ObjectPath: 'file:../state.db' } });
  assert.deepEqual(await refresh(), ['places']);
  assert.match((await readFiles(runtime.adapters)).get('evil')?.problem ?? '', /is not the name of a file/);
  assert.deepEqual((await enrichedBy(5)).places, {
    awsRegion: { region: 'us-west-2', place: 'Oregon', p_match: 'us-west-2' },
  });
});

test('a table may be the rows of a query', async () => {
  const Query =
    'SELECT DISTINCT awsRegion AS region, count(*) AS seen FROM panther_logs.public.aws_cloudtrail GROUP BY ALL';
  await install('seen', { Query, Refresh: { PeriodMinutes: 60 } });
  assert.deepEqual(await refresh(), ['seen']);
  const { awsRegion } = (await enrichedBy(6)).seen as { awsRegion: { seen: number } };
  assert.ok(awsRegion.seen > 3);
});

async function select(sql: string): Promise<readonly unknown[]> {
  const run = await runtime.lake.query(sql);
  const rows: unknown[] = [];
  for await (const batch of run.rows) rows.push(...batch);
  return rows;
}

test('SQL reads lookup tables, alone and beside logs, and nothing else through them', async () => {
  const Filename = 'people.jsonl';
  const people =
    '{"region":"us-west-2","Age":41,"nice":true,"more":{"a":[1]}}\n{"region":"it\'s","Age":1.5,"age":"x"}\n';
  await install("O'Hara people", { Filename }, people);
  assert.deepEqual(await select(`SELECT * FROM panther_lookups."o'hara PEOPLE" ORDER BY region DESC`), [
    ['us-west-2', '41', true, '{"a":[1]}'],
    ["it's", '1.5', null, null],
  ]);
  assert.deepEqual(
    await select(`SELECT o.owner, p.place, count(*)::INT FROM panther_logs.aws_cloudtrail c
      JOIN panther_lookups.public.owners o ON o.region = c.awsRegion
      JOIN panther_lookups.places p ON p.region = o.region
      WHERE c.p_event_time > TIMESTAMP '2000-01-01' GROUP BY ALL`).then((rows) => rows.length),
    1,
  );
  await install('nothing', { Schema: 'S', Refresh: { ObjectPath: 'file:none.csv' } });
  assert.deepEqual(await select('SELECT * FROM panther_lookups.nothing'), []);
  await assert.rejects(select('SELECT * FROM panther_lookups.ownrs'), /no lookup table "ownrs"; there are .*owners/);
  await assert.rejects(select('SELECT * FROM panther_lookups.secret.owners'), /there is no table/);
  await assert.rejects(select('DROP VIEW panther_lookups.owners'), /only SELECT/);
});

test('rules ask for rows of tables, in both languages', async () => {
  const rule = (id: string, file: string, body: string) => {
    const spec = { AnalysisType: 'rule', RuleID: id, Filename: file, Enabled: true, Severity: 'Low' };
    const parsed = toDetection({ ...spec, LogTypes: ['AWS.CloudTrail'] }, file, body);
    if (!('detection' in parsed)) throw new Error(JSON.stringify(parsed.issues));
    return parsed.detection;
  };
  const python = `def rule(event):
    row = event.lookup("owners", event.get("awsRegion"))
    return row["owner"] == "ann" and event.lookup("owners", "x") is None and event.lookup("none", 1) is None
`;
  const typescript = `import { lookup, type Event } from 'panther';
export function rule(event: Event<'AWS.CloudTrail'>): boolean {
  return lookup('owners', event.awsRegion)?.owner === 'ann' && lookup('owners', 'x') === undefined;
}
`;
  const { state, metrics } = runtime.adapters;
  const detections = [rule('Py', 'py.py', python), rule('Ts', 'ts.ts', typescript)];
  await installContent(state, clock, 'test:rules', { detections });
  const live = await openLiveDetections({ adapters: { state, metrics }, clock, log, lookup: enrichment.lookup });
  try {
    const event = {
      p_log_type: 'AWS.CloudTrail',
      p_row_id: '1',
      p_event_time: '2026-07-01 00:00:00.000000000',
      p_parse_time: '2026-07-01 00:00:00.000000000',
      awsRegion: 'us-west-2',
    };
    live.offer(event, JSON.stringify(event));
    const results = await live.drain();
    assert.deepEqual(results.map((one) => [one.ruleId, one.kind, one.kind === 'error' ? one.message : '']).toSorted(), [
      ['Py', 'match', ''],
      ['Ts', 'match', ''],
    ]);
  } finally {
    await live.close();
  }
});

test('rules outside of a log processor find rows as well, of tables that are loaded when they are asked for', async () => {
  const find = lookupOnDemand(runtime.adapters);
  assert.equal((await find('owners', 'us-west-2'))?.owner, 'ann');
  assert.equal(await find('owners', 'nowhere'), undefined);
  assert.equal(await find('none', 'us-west-2'), undefined);
  const runners = createRunners(undefined, [], find);
  try {
    const body =
      "import { lookup } from 'panther';\nexport const rule = (event) => lookup('owners', event.awsRegion).owner === 'ann';\n";
    const answer = await runners.typescript.test({
      rule: { key: 0, id: 'Draft', file: 'draft.ts', body },
      eventJson: '{"awsRegion":"us-west-2"}',
      mocks: {},
    });
    assert.deepEqual([answer.matched, answer.error], [true, undefined]);
  } finally {
    await runners.close();
  }
});
