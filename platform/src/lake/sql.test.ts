import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openTestLake, select, type TestLake, testRow, testTable } from '../../test/support/lake.ts';
import { UserError } from '../core/errors.ts';
import { BUCKETS } from '../ports/buckets.ts';
import type { LakeSql } from './sql.ts';
import { ruleErrorTable, ruleMatchTable } from './tables.ts';

const web = testTable('Web', { user: 'string', status: 'int', who: { id: 'bigint' }, tags: ['string'], raw: 'json' });
const empty = testTable('Empty', { field: 'string' });
const tables = [web, empty, ruleMatchTable(web), ruleErrorTable(web)];

let lake: TestLake;
let sql: LakeSql;

before(async () => {
  lake = await openTestLake();
  sql = lake.sql(tables);
  const rows = Array.from({ length: 48 }, (_, i) => {
    const time = `2026-01-0${1 + Math.floor(i / 24)} ${String(i % 24).padStart(2, '0')}:10:00`;
    return testRow(i, time, { user: `u${i}`, status: 200 + i, who: { id: i }, tags: ['a', `t${i}`], raw: { i } });
  });
  await lake.store('c1', web, rows);
  await lake.store('c2', ruleMatchTable(web), [{ ...testRow(1, '2026-01-01 01:10:00'), p_rule_id: 'R' }]);
});
after(() => lake.close());

async function fails(text: string, pattern: RegExp, options = {}): Promise<void> {
  await assert.rejects(select(sql, text, options), (error: Error) => {
    assert.match(error.message, pattern, text);
    assert.ok(error instanceof UserError, `${text}: ${error.name}: ${error.stack}`);
    return true;
  });
}

test('reads tables of each database, and by log table name alone', async () => {
  assert.deepEqual(await select(sql, 'SELECT count(*) AS n FROM panther_logs.custom_web'), [{ n: 48 }]);
  assert.deepEqual(await select(sql, 'SELECT count(*) AS n FROM custom_web;'), [{ n: 48 }]);
  assert.deepEqual(await select(sql, 'SELECT count(*) AS n FROM "panther_rule_matches"."custom_web"'), [{ n: 1 }]);
  assert.deepEqual(await select(sql, 'SELECT * FROM panther_logs.custom_empty'), []);
  assert.deepEqual(await select(sql, 'SELECT p_rule_error FROM PANTHER_RULE_ERRORS.Custom_Web'), []);
});

test('gives values that JSON has', async () => {
  const [row] = await select(
    sql,
    `SELECT p_event_time, who, tags, raw->>'i' AS i, year, hour, 9007199254740993 AS big, 1.5 AS dec,
       DATE '2026-01-02' AS day, 'x'::BLOB AS bytes, 'NaN'::DOUBLE AS nan, NULL AS nothing, MAP {'k': 1} AS m FROM custom_web WHERE user = 'u3'`,
  );
  assert.deepEqual(row, {
    p_event_time: '2026-01-01 03:10:00.000000',
    who: { id: 3 },
    tags: ['a', 't3'],
    i: '3',
    year: 2026,
    hour: 3,
    big: '9007199254740993',
    dec: 1.5,
    day: '2026-01-02',
    bytes: 'eA==',
    nan: 'NaN',
    nothing: null,
    m: { k: 1 },
  });
});

test('shows all tables of a database by their common columns', async () => {
  const query = `SELECT p_db_name, p_log_type, count(*) AS n FROM panther_views.all_logs GROUP BY ALL`;
  assert.deepEqual(await select(sql, query), [{ p_db_name: 'panther_logs', p_log_type: 'Custom.Test', n: 48 }]);
  assert.deepEqual(await select(sql, 'SELECT p_rule_id, hour FROM all_rule_matches'), [{ p_rule_id: 'R', hour: 1 }]);
  assert.deepEqual(await select(sql, 'SELECT * FROM panther_views.all_rule_errors'), []);
  assert.deepEqual(await select(sql, 'SELECT * FROM panther_views.all_cloudsecurity'), []);
});

test('opens only the files of the hours that a query can need', async () => {
  const files = async (where: string) => {
    const run = await sql.query(`SELECT count(*) FROM custom_web w WHERE ${where}`);
    const counted: unknown[] = [];
    for await (const rows of run.rows) counted.push(...rows.flat());
    return [counted[0], run.stats().files];
  };
  assert.deepEqual(await files('true'), [48, 48]);
  assert.deepEqual(await files("p_event_time >= '2026-01-02 20:00:00'"), [4, 4]);
  assert.deepEqual(await files("'2026-01-01 02:00:00' > w.p_event_time AND status > 0"), [2, 3]);
  assert.deepEqual(await files("p_event_time BETWEEN TIMESTAMP '2026-01-01 05:00' AND '2026-01-01 06:30'"), [2, 2]);
  assert.deepEqual(await files('year = 2026 AND month = 1 AND day = 2 AND hour = 3'), [1, 2]);
  assert.deepEqual(await files("p_event_time > now() - INTERVAL '1 day' AND p_event_time < now()"), [0, 0]);
  assert.deepEqual(await files("p_event_time >= '2026-01-02 20:00:00' OR user = 'u1'"), [5, 48]);
  assert.deepEqual(await files("p_event_time >= 'no time'").catch((error: Error) => error.name), 'UserError');
  assert.deepEqual(
    await files("p_event_time >= TIMESTAMP '2026-01-02' + to_hours((random() * 0)::INT)"),
    [24, 48],
    'a value that changes within the statement limits nothing',
  );
});

test('joins and repeated names get every file that one of them needs', async () => {
  const query = `SELECT count(*) AS n FROM custom_web a JOIN custom_web b ON a.status = b.status + 24
    WHERE a.p_event_time >= '2026-01-02' AND b.p_event_time < '2026-01-02'`;
  assert.deepEqual(await select(sql, query), [{ n: 24 }]);
  const both = `SELECT (SELECT count(*) FROM custom_web WHERE day = 1) AS one, (SELECT count(*) FROM custom_web) AS two`;
  assert.deepEqual(await select(sql, both), [{ one: 24, two: 48 }]);
  const asof = `SELECT count(*) AS n FROM custom_web a ASOF JOIN custom_web b ON a.p_event_time >= b.p_event_time
    WHERE b.p_event_time < '2026-01-01 02:00:00'`;
  assert.deepEqual(await select(sql, asof), [{ n: 2 }]);
  const cte = `WITH custom_web AS (SELECT * FROM panther_logs.custom_web WHERE hour = 1) SELECT count(*) AS n FROM custom_web`;
  assert.deepEqual(await select(sql, cte), [{ n: 2 }]);
});

test('lists databases, tables and columns; describes, explains, summarises', async () => {
  const names = (await select(sql, 'SHOW ALL TABLES')).map((row) => `${row.schema}.${row.name}`);
  assert.ok(names.includes('panther_logs.custom_empty') && names.includes('panther_views.all_logs'), names.join());
  const columns = await select(
    sql,
    "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'panther_logs' AND table_name = 'custom_web' AND ordinal_position < 4",
  );
  assert.deepEqual(
    columns.map((row) => row.data_type),
    ['VARCHAR', 'INTEGER', 'STRUCT(id BIGINT)'],
  );
  assert.equal((await select(sql, 'DESCRIBE panther_logs.custom_web'))[0]?.column_name, 'user');
  assert.match(String((await select(sql, 'EXPLAIN SELECT * FROM custom_web'))[0]?.explain_value), /PARQUET/);
  assert.equal((await select(sql, '/* a */ explain analyze (SELECT 1)')).length, 1);
  assert.equal((await select(sql, 'SUMMARIZE custom_web'))[0]?.column_name, 'user');
  assert.deepEqual(await select(sql, "VALUES (1, 'a')"), [{ col0: 1, col1: 'a' }]);
});

test('row limit', async () => {
  const run = await sql.query('SELECT * FROM range(1000000)', { maxRows: 3 });
  const rows = [];
  for await (const batch of run.rows) rows.push(...batch);
  assert.deepEqual(rows, [[0], [1], [2]]);
  assert.deepEqual([run.stats().rows, run.stats().truncated], [3, true]);
  const exact = await sql.query('SELECT * FROM range(3)', { maxRows: 3 });
  for await (const _ of exact.rows);
  assert.deepEqual([exact.stats().rows, exact.stats().truncated], [3, false]);
});

test('time limit, cancellation and memory limit', async () => {
  const endless = 'SELECT count(*) FROM range(100000000000) a, range(1000000000) b WHERE a.range = b.range * 7';
  await fails(endless, /took longer than 0.2 s/, { timeoutMs: 200 });
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  await fails(endless, /cancelled/, { signal: abort.signal });
  await fails('SELECT list(range) FROM range(500000000)', /needs more than 34 MB/, { memoryBytes: 32 << 20 });
  assert.deepEqual(await select(sql, 'SELECT 1 AS a'), [{ a: 1 }], 'the next query is not touched');
});

test('a reader that goes away holds nothing', async () => {
  for (let i = 0; i < 6; i += 1) {
    const run = await sql.query('SELECT * FROM range(1000000)');
    for await (const _ of run.rows) break;
  }
  for (let i = 0; i < 6; i += 1) await (await sql.query('SELECT 1')).close();
  const forgotten = await Promise.all([1, 2, 3, 4].map(() => sql.query('SELECT 1', { timeoutMs: 4_000 })));
  assert.equal(forgotten.length, 4);
  assert.deepEqual(await select(sql, 'SELECT 1 AS a'), [{ a: 1 }]);
  assert.deepEqual(
    (await readdir(lake.tmpDir)).filter((name) => name.startsWith('query-')),
    [],
  );
});

test('queries run side by side', async () => {
  const counts = await Promise.all(
    Array.from({ length: 12 }, (_, i) => select(sql, `SELECT count(*) AS n FROM custom_web WHERE status < ${200 + i}`)),
  );
  assert.deepEqual(
    counts.map((rows) => rows[0]?.n),
    Array.from({ length: 12 }, (_, i) => i),
  );
});

test('tables that the user may not read do not exist', async () => {
  const canRead = ({ database }: { database: string }) => database !== 'panther_logs';
  await fails('SELECT * FROM custom_web', /no table "custom_web"/, { canRead });
  assert.deepEqual(await select(sql, 'SELECT * FROM all_logs', { canRead }), []);
});

test('errors of the statement are told as they are', async () => {
  await fails('SELEC 1', /syntax error/);
  await fails('SELECT nope FROM custom_web', /"nope" not found/);
  await fails("SELECT 'x'::INT", /Could not convert string 'x' to INT32/);
  await fails('SELECT * FROM panther_logs.nope', /no table "panther_logs.nope".*SHOW TABLES/);
  await fails('SELECT * FROM panther_views.custom_web', /there is panther_logs.custom_web/);
  await fails('', /empty/);
  await fails('-- nothing', /empty/);
  await fails(`SELECT ${'('.repeat(60_000)}`, /.../);
  await fails(`SELECT '${'x'.repeat(100_000)}'`, /longer than/);
});

test('hostile SQL', async (t) => {
  const secret = join(lake.root, 'secret.csv');
  await writeFile(secret, 'top,secret\n');
  const [file] = await lake.catalog.liveFiles();
  const own = lake.objects.locate(BUCKETS.processedData, file?.objectKey ?? '');
  const state = join(lake.root, 'state.db');
  const attacks = [
    `SELECT * FROM read_csv('${secret}')`,
    `SELECT * FROM read_csv_auto('${secret}')`,
    `SELECT * FROM "read_text"('${secret}')`,
    `SELECT * FROM system.main.read_blob('${secret}')`,
    `SELECT * FROM READ_JSON('${secret}')`,
    `SELECT * FROM read_ndjson_objects('${secret}')`,
    `SELECT * FROM read_parquet('${own}')`,
    `SELECT * FROM parquet_scan('${own}')`,
    `SELECT * FROM parquet_metadata('${own}')`,
    `SELECT * FROM parquet_file_metadata('${own}')`,
    `SELECT * FROM parquet_kv_metadata('${own}')`,
    `SELECT * FROM sniff_csv('${secret}')`,
    `SELECT * FROM read_duckdb('${state}')`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT * FROM '${secret}'`,
    `SELECT * FROM "${own}"`,
    `FROM '${own}'`,
    `FROM '/etc/passwd'`,
    `SELECT (SELECT count(*) FROM '${own}')`,
    `SELECT * FROM custom_web WHERE EXISTS (SELECT 1 FROM '${secret}')`,
    `SELECT * FROM custom_web ORDER BY (SELECT count(*) FROM read_csv('${secret}'))`,
    `SELECT 1 LIMIT (SELECT count(*) FROM read_csv('${secret}'))`,
    `WITH a AS (FROM '${secret}') SELECT * FROM a`,
    `WITH "${secret}" AS (SELECT 1) SELECT * FROM (FROM '${secret}')`,
    `WITH RECURSIVE a AS (SELECT 1 UNION ALL FROM read_csv('${secret}')) SELECT * FROM a`,
    `WITH duckdb_settings AS (SELECT 1) SELECT 1 FROM (SELECT * FROM duckdb_settings)`,
    `SELECT * FROM custom_web, LATERAL (SELECT * FROM read_text('${secret}'))`,
    `SELECT * FROM custom_web UNION ALL BY NAME SELECT * FROM read_text('${secret}')`,
    `PIVOT (FROM read_csv('${secret}')) ON top USING count(*)`,
    `SELECT * FROM (PIVOT (FROM read_csv('${secret}')) ON top IN ('a') USING count(*))`,
    `UNPIVOT (FROM read_csv('${secret}')) ON top INTO NAME n VALUE v`,
    `DESCRIBE FROM '${own}'`,
    `DESCRIBE '${own}'`,
    `SUMMARIZE '${secret}'`,
    `SUMMARIZE (FROM read_csv('${secret}'))`,
    `EXPLAIN ANALYZE SELECT * FROM read_csv('${secret}')`,
    `EXPLAIN COPY (SELECT 1) TO '${secret}'`,
    `EXPLAIN ANALYZE INSERT INTO panther_logs.custom_web VALUES (1)`,
    `EXPLAIN (FORMAT json) SELECT * FROM read_csv('${secret}')`,
    `SHOW TABLES FROM '${own}'`,
    `SELECT * FROM query('SELECT 1')`,
    `SELECT * FROM query_table('custom_web')`,
    `SELECT * FROM query_table(['custom_web'])`,
    `SELECT * FROM histogram_values('${own}', user)`,
    `SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))`,
    `SELECT * FROM duckdb_settings()`,
    `SELECT * FROM duckdb_secrets()`,
    `SELECT * FROM duckdb_functions()`,
    `SELECT * FROM duckdb_extensions()`,
    `SELECT * FROM duckdb_databases()`,
    `SELECT * FROM duckdb_settings`,
    `SELECT * FROM duckdb_tables`,
    `SELECT * FROM duckdb_views`,
    `SELECT * FROM sqlite_master`,
    `SELECT * FROM pg_catalog.pg_tables`,
    `SELECT * FROM pragma_database_size()`,
    `SELECT * FROM pragma_user_agent()`,
    `SELECT * FROM which_secret('x', 's3')`,
    `SELECT * FROM sql_auto_complete('x')`,
    `SELECT * FROM seq_scan('custom_web')`,
    `SELECT * FROM test_all_types()`,
    `SELECT * FROM enable_logging()`,
    `SELECT * FROM checkpoint()`,
    `SELECT * FROM information_schema.referential_constraints`,
    `SELECT * FROM other.panther_logs.custom_web`,
    `SELECT current_setting('allowed_paths')`,
    `SELECT CURRENT_SETTING('temp_directory')`,
    `SELECT 'temp_directory'.current_setting()`,
    `SELECT list_transform(['allowed_paths'], x -> current_setting(x))`,
    `SELECT getenv('HOME')`,
    `SELECT pg_sleep(10)`,
    `SELECT sleep_ms(10000)`,
    `SELECT write_log('x')`,
    `SELECT getvariable('x')`,
    `SELECT * FROM custom_web AT (VERSION => 1)`,
    `ATTACH '${state}' AS s (TYPE sqlite)`,
    `ATTACH '${join(lake.root, 'new.db')}'`,
    `INSTALL httpfs`,
    `LOAD httpfs`,
    `FORCE INSTALL httpfs FROM community`,
    `COPY panther_logs.custom_web TO '${secret}'`,
    `COPY (SELECT 1) TO '${secret}'`,
    `EXPORT DATABASE '${lake.root}'`,
    `IMPORT DATABASE '${lake.root}'`,
    `PRAGMA database_list`,
    `PRAGMA enable_profiling`,
    `SET memory_limit = '100GB'`,
    `SET GLOBAL enable_external_access = true`,
    `RESET ALL`,
    `CALL pragma_version()`,
    `CREATE TABLE t AS SELECT 1`,
    `CREATE VIEW panther_logs.x AS SELECT 1`,
    `CREATE SECRET s (TYPE s3)`,
    `CREATE MACRO m() AS TABLE FROM read_csv('${secret}')`,
    `INSERT INTO custom_web SELECT * FROM custom_web`,
    `UPDATE custom_web SET status = 1`,
    `DELETE FROM custom_web`,
    `DROP VIEW panther_logs.custom_web`,
    `ALTER TABLE custom_web ADD COLUMN x INT`,
    `TRUNCATE custom_web`,
    `PREPARE p AS SELECT 1`,
    `EXECUTE p`,
    `VACUUM`,
    `CHECKPOINT`,
    `USE panther_logs`,
    `BEGIN`,
    `DETACH memory`,
    `SELECT 1; DROP VIEW panther_logs.custom_web`,
    `SELECT 1; SELECT 2`,
    `SELECT 1;;ATTACH '${state}'`,
    `SELECT * FROM 'https://example.com/x.parquet'`,
    `SELECT * FROM read_parquet('s3://bucket/x.parquet')`,
    `SELECT * FROM 'http://127.0.0.1:1/x.csv'`,
    `SELECT 1 FROM custom_web; -- \0 SELECT`,
  ];
  for (const attack of attacks) {
    await t.test(attack.replaceAll(lake.root, ''), () =>
      fails(
        attack,
        /not allowed|only SELECT|no table|syntax error|one statement|cannot be the name|not available|NUL|does not exist/,
      ),
    );
  }
  assert.deepEqual(await select(sql, 'SELECT count(*) AS n FROM custom_web'), [{ n: 48 }]);
});

test('the engine is closed even for statements that were not read first', async () => {
  const { openQueryEngine } = await import('./sql-engine.ts');
  const [file, other] = await lake.catalog.liveFiles();
  const path = (key = '') => lake.objects.locate(BUCKETS.processedData, key);
  const engine = await openQueryEngine({
    plan: { views: [], hasLookups: false, paths: [path(file?.objectKey)] },
    tmpDir: join(lake.tmpDir, 'engine'),
    memoryBytes: 64 << 20,
    threads: 1,
    signal: new AbortController().signal,
  });
  const attacks = [
    `SELECT * FROM read_text('/etc/passwd')`,
    `SELECT * FROM read_parquet('${path(other?.objectKey)}')`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT * FROM glob('${lake.root}/**')`,
    `COPY (SELECT 1) TO '${lake.root}/x.csv'`,
    `COPY (SELECT 1) TO '${path(file?.objectKey)}.x'`,
    `ATTACH '${lake.root}/state.db'`,
    `ATTACH '${lake.root}/new.db'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    `LOAD '${lake.root}/x.duckdb_extension'`,
    `SELECT * FROM 'https://example.com/x.csv'`,
    'SET enable_external_access = true',
    `SET allowed_directories = ['/']`,
    `SET temp_directory = '/tmp'`,
    "SET memory_limit = '1TB'",
    'RESET memory_limit',
    'SET lock_configuration = false',
    'CREATE PERSISTENT SECRET s (TYPE s3)',
    `EXPORT DATABASE '${lake.root}/out'`,
  ];
  for (const attack of attacks) await assert.rejects(engine.connection.run(attack), Error, attack);
  await engine.close();
});
