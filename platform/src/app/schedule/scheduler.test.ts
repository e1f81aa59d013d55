import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openTestPipeline, type TestPipeline, trailEvent } from '../../../test/support/pipeline.ts';
import { toDetection } from '../../detections/detection.ts';
import { loadDetections } from '../../detections/load.ts';
import { queueRun } from '../../detections/schedule/run-store.ts';
import { readConfig } from '../config.ts';
import { installContent } from '../detections/detection-store.ts';
import { createLog } from '../log.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { openRuntime, type Runtime } from '../runtime.ts';
import { createScheduler, type SchedulerRuntime } from './scheduler.ts';

const MINUTE = 60_000;
/** After the test events; every test goes on from where the one before left off. */
let now = Date.parse('2026-07-01T00:00:30Z');
const clock = { now: () => new Date(now) };
const signal = new AbortController().signal;

let panther: TestPipeline;
let runtime: Runtime;
let deps: SchedulerRuntime;

before(async () => {
  const root = temporaryFolder('scheduler');
  panther = await openTestPipeline({ root });
  const log = createLog({ level: 'error', format: 'json', now: () => clock.now(), write() {} });
  const contentDir = join(PACKAGE_ROOT, 'content');
  runtime = await openRuntime({ config: await readConfig(undefined), root, contentDir, log, env: {} });
  deps = { ...runtime, clock };
  await panther.send('a.json', Buffer.from([0, 1, 2].map((index) => trailEvent(index, 'Root')).join('\n')));
  await panther.processAll();
});

after(async () => {
  await runtime.close();
  await panther.close();
});

function db() {
  return runtime.adapters.state.db;
}

const QUERY = 'SELECT p_row_id, 42::VARCHAR AS account FROM panther_logs.public.aws_cloudtrail';
const RULE = `
def rule(event):
    return event.get("ACCOUNT") is not None
def title(event):
    return "rows of " + event["account"]
def dedup(event):
    return event["account"]
`;

function query(name: string, more: Record<string, unknown> = {}) {
  const Schedule = { RateMinutes: 60, TimeoutMinutes: 1 };
  return [{ AnalysisType: 'scheduled_query', QueryName: name, Enabled: true, Query: QUERY, Schedule, ...more }, ''];
}

function rowRule(id: string, queryName: string, more: Record<string, unknown> = {}, body = '') {
  const spec = { AnalysisType: 'scheduled_rule', RuleID: id, Enabled: true, Severity: 'High' };
  const code = body === '' ? { Detection: [{ Key: 'p_row_id', Condition: 'Exists' }] } : { Filename: `${id}.py` };
  return [{ ...spec, ...code, ScheduledQueries: [queryName], ...more }, body];
}

async function install(...specs: readonly (readonly unknown[])[]): Promise<void> {
  const detections = specs.map(([spec, body]) => {
    const { Filename = '' } = spec as { Filename?: string };
    const parsed = toDetection(spec as Record<string, unknown>, Filename, body as string);
    if (!('detection' in parsed)) throw new Error(JSON.stringify(parsed.issues));
    return parsed.detection;
  });
  const content = { detections, problems: [], places: new Map(), correlations: [] };
  await installContent(runtime.adapters.state, clock, 'test', content);
}

const runsOf = (id: string) =>
  db().selectFrom('scheduled_runs').selectAll().where('detection_id', '=', id).orderBy('scheduled_at').execute();
const alertsOf = (id: string) => db().selectFrom('alerts').selectAll().where('rule_id', '=', id).execute();

async function matchesOf(ruleId: string): Promise<unknown> {
  const sql = `SELECT count(*), count(DISTINCT p_row_id) FROM panther_views.all_rule_matches WHERE p_rule_id = '${ruleId}'`;
  return (await panther.rows(sql))[0];
}

/** The next whole hour, and a little. */
function nextHour(): void {
  now = (Math.floor(now / (60 * MINUTE)) + 1) * 60 * MINUTE + 1_000;
}

test('a scheduled query runs when its time has come, and its rows become alerts', async () => {
  await install(query('Q'), rowRule('Q.Rule', 'Q', {}, RULE));
  const scheduler = createScheduler(deps);
  await scheduler.tick(signal);
  assert.deepEqual(await runsOf('Q'), []);
  nextHour();
  await scheduler.tick(signal);
  await scheduler.tick(signal);
  const [run, ...others] = await runsOf('Q');
  assert.equal(others.length, 0);
  assert.deepEqual([run?.state, run?.row_count, run?.matches, run?.error], ['succeeded', 3, 3, '']);
  assert.equal(run?.scheduled_at, '2026-07-01T01:00:00.000Z');
  const [alert] = await alertsOf('Q.Rule');
  assert.equal(alert?.event_count, 3);
  assert.equal(alert?.title, 'rows of 42');
  assert.deepEqual(await matchesOf('Q.Rule'), [3, 3]);
});

test('runs that were missed are caught up, each for its own time; very old ones are recorded as left out', async () => {
  await install(query('Late', { Query: 'SELECT p_current_timestamp() AS at' }));
  const scheduler = createScheduler(deps);
  await scheduler.tick(signal);
  now += 50 * 60 * MINUTE;
  await scheduler.tick(signal);
  const runs = await runsOf('Late');
  const states = runs.map(({ state }) => state);
  assert.deepEqual([states.filter((state) => state === 'succeeded').length, states[0]], [48, 'skipped']);
  assert.match(runs[0]?.error ?? '', /2 runs up to this one were left out/);
  await scheduler.tick(signal);
  assert.equal((await runsOf('Late')).length, 49);
});

test('a query that the lake refuses is a run that failed; the next one runs all the same', async () => {
  await install(query('Bad', { Query: 'SELECT * FROM snowflake.account_usage.login_history' }));
  const scheduler = createScheduler(deps);
  await scheduler.tick(signal);
  nextHour();
  await scheduler.tick(signal);
  nextHour();
  await scheduler.tick(signal);
  const runs = await runsOf('Bad');
  assert.deepEqual(
    runs.map(({ state }) => state),
    ['failed', 'failed'],
  );
  assert.match(runs[0]?.error ?? '', /there is no table "snowflake.account_usage.login_history"/);
});

test('a rule that fails on a row is a rule error, and the run goes on', async () => {
  await install(
    query('Errors'),
    rowRule('Errors.Rule', 'Errors', { Filename: 'x.ts' }, 'export function rule() { throw new Error(); }'),
  );
  const scheduler = createScheduler(deps);
  await scheduler.tick(signal);
  nextHour();
  await scheduler.tick(signal);
  assert.deepEqual(
    (await runsOf('Errors')).map(({ state, matches }) => [state, matches]),
    [['succeeded', 0]],
  );
  assert.deepEqual(
    (await alertsOf('Errors.Rule')).map(({ type }) => type),
    ['RULE_ERROR'],
  );
});

test('two processes run a query once', async () => {
  await install(query('Shared'), rowRule('Shared.Rule', 'Shared'));
  const [one, other] = [createScheduler(deps, { owner: 'one' }), createScheduler(deps, { owner: 'other' })];
  await one.tick(signal);
  nextHour();
  await Promise.all([one.tick(signal), other.tick(signal)]);
  assert.deepEqual(
    (await runsOf('Shared')).map(({ attempts, state }) => [attempts, state]),
    [[1, 'succeeded']],
  );
  assert.deepEqual(await matchesOf('Shared.Rule'), [3, 3]);
});

test('a run that hangs before its commit is taken over; when it comes back, it leaves nothing behind', async () => {
  await install(query('Zombie'), rowRule('Zombie.Rule', 'Zombie'));
  const hanging = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const { state } = runtime.adapters;
  const slow = {
    ...deps,
    adapters: {
      ...deps.adapters,
      state: {
        ...state,
        db: state.db,
        async transaction<T>(work: Parameters<typeof state.transaction<T>>[0]): Promise<T> {
          reached.resolve();
          await hanging.promise;
          return state.transaction(work);
        },
      },
    },
  };
  const dead = createScheduler(slow, { owner: 'dead', leaseMs: MINUTE });
  const alive = createScheduler(deps, { owner: 'alive', leaseMs: MINUTE });
  await alive.tick(signal);
  nextHour();
  const ended = dead.tick(signal);
  await reached.promise;
  await alive.tick(signal);
  assert.deepEqual(
    (await runsOf('Zombie')).map(({ state }) => state),
    ['running'],
  );
  now += 2 * MINUTE;
  await alive.tick(signal);
  assert.deepEqual(
    (await runsOf('Zombie')).map(({ attempts, state }) => [attempts, state]),
    [[2, 'succeeded']],
  );
  hanging.resolve();
  await ended;
  assert.deepEqual(await matchesOf('Zombie.Rule'), [3, 3]);
  assert.deepEqual(
    (await alertsOf('Zombie.Rule')).map(({ event_count }) => event_count),
    [3],
  );
  const pending = await db().selectFrom('lake_files').select('status').where('status', '=', 'pending').execute();
  assert.deepEqual(pending, []);
});

test('a user can run a query that is switched off, now', async () => {
  await install(query('Off', { Enabled: false }), rowRule('Off.Rule', 'Off'));
  await queueRun(db(), 'Off', clock.now());
  const scheduler = createScheduler(deps);
  await scheduler.tick(signal);
  await scheduler.tick(signal);
  assert.deepEqual(
    (await runsOf('Off')).map(({ state, cause }) => [state, cause]),
    [['succeeded', 'user']],
  );
  assert.deepEqual(await matchesOf('Off.Rule'), [3, 3]);
  nextHour();
  await scheduler.tick(signal);
  assert.equal((await runsOf('Off')).length, 1);
});

function correlation(id: string, detection: Record<string, unknown>) {
  const Schedule = { RateMinutes: 60, TimeoutMinutes: 1 };
  const Detection = [{ Schedule, LookbackWindowMinutes: 120, ...detection }];
  return [
    { AnalysisType: 'correlation_rule', RuleID: id, Enabled: true, Severity: 'High', DisplayName: 'C', Detection },
    '',
  ];
}

async function except(id: string, detectionId: string, conditions: object): Promise<void> {
  const at = new Date(now).toISOString();
  const by = { owner: 'ann', force_reason: '', created_at: at, created_by: 'ann', updated_at: at, updated_by: 'ann' };
  const row = { id, detection_id: detectionId, conditions: JSON.stringify([conditions]), reason: 'known', ...by };
  await db()
    .insertInto('exceptions')
    .values({ ...row, expires_at: null, enabled: 1 })
    .execute();
}

const hitsOf = (id: string) =>
  db().selectFrom('exception_hits').select('hidden').where('exception_id', '=', id).executeTakeFirst();

test('what an exception hides of rows and of correlations is no match and no alert, and is counted', async () => {
  const sql =
    "SELECT p_current_timestamp() - INTERVAL 10 MINUTE AS p_event_time, * FROM (VALUES ('ann'), ('bob')) t(user)";
  const Detection = [{ Key: 'user', Condition: 'Exists' }];
  await install(
    query('QE', { Query: sql }),
    rowRule('E.Rule', 'QE', { Detection }),
    correlation('E.Correlation', {
      Group: [{ ID: 'A', RuleID: 'E.Rule' }],
      MatchCriteria: { user: [{ GroupID: 'A', Match: 'user' }] },
    }),
  );
  await except('x-rows', 'E.Rule', { KeyPath: 'user', Condition: 'Equals', Value: 'bob' });
  const scheduler = createScheduler(deps);
  await scheduler.tick(signal);
  nextHour();
  await scheduler.tick(signal);
  assert.deepEqual(
    (await runsOf('QE')).map(({ row_count, matches }) => [row_count, matches]),
    [[2, 1]],
  );
  assert.deepEqual(await matchesOf('E.Rule'), [1, 1]);
  assert.equal((await hitsOf('x-rows'))?.hidden, 1);
  await except('x-correlation', 'E.Correlation', { KeyPath: 'commonValues[0]', Condition: 'Equals', Value: 'ann' });
  nextHour();
  await scheduler.tick(signal);
  assert.deepEqual((await runsOf('E.Correlation')).map(({ state, matches }) => [state, matches]).at(-1), [
    'succeeded',
    0,
  ]);
  assert.ok(((await hitsOf('x-correlation'))?.hidden ?? 0) > 0);
});

test('a correlation rule finds what its members matched, reports it once, and finds what comes late', async () => {
  const sql = (id: number) =>
    `SELECT 'ann' AS user, p_current_timestamp() - INTERVAL 10 MINUTE AS p_event_time, ${id} AS n`;
  const signalRule = (id: string, of: string) =>
    rowRule(id, of, {
      CreateAlert: false,
      Detection: [{ Key: 'user', Condition: 'Exists' }],
      AlertContext: [{ KeyName: 'who', KeyValue: { Key: 'user' } }],
    });
  await install(
    query('QA', { Query: sql(1) }),
    query('QB', { Query: sql(2), Enabled: false }),
    signalRule('Signal.A', 'QA'),
    signalRule('Signal.B', 'QB'),
    correlation('C', {
      Group: [
        { ID: 'A', RuleID: 'Signal.A' },
        { ID: 'B', RuleID: 'Signal.B' },
      ],
      MatchCriteria: {
        user: [
          { GroupID: 'A', Match: 'user' },
          { GroupID: 'B', Match: 'p_alert_context.who' },
        ],
      },
    }),
  );
  const scheduler = createScheduler(deps);
  await scheduler.tick(signal);
  nextHour();
  await scheduler.tick(signal);
  await scheduler.tick(signal);
  assert.deepEqual(
    (await runsOf('C')).map(({ state, matches }) => [state, matches]),
    [['succeeded', 0]],
  );
  await queueRun(db(), 'QB', new Date(now - 2 * MINUTE));
  await scheduler.tick(signal);
  nextHour();
  await scheduler.tick(signal);
  nextHour();
  await scheduler.tick(signal);
  const runs = await runsOf('C');
  assert.deepEqual(
    runs.map(({ state }) => state),
    ['succeeded', 'succeeded', 'succeeded'],
  );
  assert.equal(runs[1]?.matches, 1);
  const [alert] = await alertsOf('C');
  assert.equal(alert?.title, 'C: ann');
  assert.deepEqual(JSON.parse(alert?.log_types ?? ''), ['Panther.Correlation']);
  assert.deepEqual(JSON.parse(alert?.context ?? '').commonValues, ['ann']);
  assert.deepEqual(await alertsOf('Signal.A'), []);
});

test('the lake runs every query that comes along', async () => {
  const content = loadDetections(join(PACKAGE_ROOT, 'content', 'queries'));
  const queries = content.detections.filter(({ type }) => type === 'scheduled_query');
  await install(...queries.map(({ spec, body }) => [{ ...spec, Enabled: false }, body]));
  for (const { id } of queries) await queueRun(db(), id, clock.now());
  await createScheduler(deps).tick(signal);
  for (const { id } of queries) {
    assert.deepEqual(
      (await runsOf(id)).map(({ state, error }) => [id, state, error]),
      [[id, 'succeeded', '']],
    );
  }
});
