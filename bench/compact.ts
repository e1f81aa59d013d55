/**
 * `panther compact` against DuckDB's own `COPY` over the same files: time, size, memory; and three questions of an
 * investigation before and after. `node bench/compact.ts [GIGABYTES] [HOURS] [ROUNDS]`; with `OLD_LOGS=FOLDER` over logs
 * that `compact-logs.ts` has written there. Works on hard links of them, beside them. With `COMPACT=FILE` also the
 * executable of `npm run build:tools`.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { tablesOf } from '../platform/src/app/lake/known-log-types.ts';
import { openDuckdb } from '../platform/src/lake/duckdb.ts';
import { jsonReadType, literal } from '../platform/src/lake/sql-text.ts';
import { loadLogTypes } from '../platform/src/log-analysis/schema.ts';
import { makeOldLogs } from './compact-logs.ts';
import { median, timed } from './reference.ts';

export interface CompactFigures {
  readonly jsonBytes: number;
  readonly gzipBytes: number;
  readonly parquetBytes: number;
  readonly rows: number;
  readonly files: number;
  readonly seconds: number;
  readonly verifySeconds: number;
  /** `COPY` of `read_json` that finds the columns out. */
  readonly copySeconds: number;
  /** `COPY` of `read_json` with the columns given, which loses what they do not name. */
  readonly declaredSeconds: number;
  /** Medians of neighbouring rounds. */
  readonly ratio: number;
  readonly declaredRatio: number;
  /** Of all cores, compact's and those of both references. */
  readonly cpuSeconds: number;
  /** The same work by the executable. */
  readonly executableSeconds?: number;
  readonly copyCpuSeconds: number;
  readonly declaredCpuSeconds: number;
  readonly peakRssMb: number;
  readonly copyPeakRssMb: number;
  readonly searches: readonly Search[];
}

interface Search {
  readonly question: string;
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
}

const MAIN = join(import.meta.dirname, '..', 'platform', 'src', 'app', 'main.ts');
const CONTENT = join(import.meta.dirname, '..', 'content', 'log-types');
type Kind = 'copy' | 'declared';

export async function benchCompact(bytes: number, hours: number, rounds: number): Promise<CompactFigures> {
  const given = process.env.OLD_LOGS;
  const executable = process.env.COMPACT;
  const home = mkdtempSync(join(given === undefined ? tmpdir() : dirname(given), 'bench-compact-'));
  const logs = given ?? join(home, 'logs-of-old');
  try {
    if (given === undefined) await makeOldLogs({ folder: logs, bytes, hours, seed: '1' });
    const executed: number[] = [];
    const results: { copy: Measured; declared: Measured; compact: Measured }[] = [];
    const out = join(home, 'work');
    let report = await compactLinks(logs, out, ['--verify']);
    const verifySeconds = report.seconds;
    for (let round = 0; round < rounds; round += 1) {
      const copy = await reference('copy', logs, home);
      const declared = await reference('declared', logs, home);
      report = await compactLinks(logs, out, []);
      results.push({ copy, declared, compact: report });
      if (executable !== undefined) executed.push((await compactLinks(logs, out, [], [executable])).seconds);
    }
    const seconds = (of: keyof (typeof results)[number]) => median(results.map((result) => result[of].seconds));
    const sum = (key: string) => report.tables.reduce((all, table) => all + Number(table[key]), 0);
    return {
      jsonBytes: sum('jsonBytes'),
      gzipBytes: sum('bytesBefore'),
      parquetBytes: sum('bytesAfter'),
      rows: sum('rows'),
      files: sum('filesBefore'),
      seconds: seconds('compact'),
      verifySeconds,
      ...(executed.length > 0 && { executableSeconds: median(executed) }),
      copySeconds: seconds('copy'),
      declaredSeconds: seconds('declared'),
      ratio: median(results.map(({ copy, compact }) => copy.seconds / compact.seconds)),
      declaredRatio: median(results.map(({ declared, compact }) => declared.seconds / compact.seconds)),
      cpuSeconds: median(results.map(({ compact }) => compact.cpuSeconds)),
      copyCpuSeconds: median(results.map(({ copy }) => copy.cpuSeconds)),
      declaredCpuSeconds: median(results.map(({ declared }) => declared.cpuSeconds)),
      peakRssMb: Math.max(...results.map(({ compact }) => compact.peakRssMb)),
      copyPeakRssMb: Math.max(...results.map(({ copy }) => copy.peakRssMb)),
      searches: await search(join(logs, 'logs'), join(out, 'logs')),
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

interface Compacted extends Measured {
  readonly tables: readonly Readonly<Record<string, unknown>>[];
}

async function compactLinks(
  from: string,
  to: string,
  args: readonly string[],
  command: readonly string[] = [process.execPath, MAIN, 'compact'],
): Promise<Compacted> {
  rmSync(to, { recursive: true, force: true });
  for (const file of globSync('**/*.json.gz', { cwd: from })) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    linkSync(join(from, file), join(to, file));
  }
  const startedAt = performance.now();
  const [program = '', ...before] = command;
  const child = spawn(program, [...before, to, '--min-age', '0', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const used = watch(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`compact ended with ${code}: ${output}`);
  const { tables } = JSON.parse(output) as Pick<Compacted, 'tables'>;
  return { seconds: (performance.now() - startedAt) / 1_000, ...used(), tables };
}

/** What the system says of a process, looked at now and then: neither figure ever falls. */
function watch({ pid }: ChildProcess): () => Omit<Measured, 'seconds'> {
  let used = { cpuSeconds: 0, peakRssMb: 0 };
  const timer = setInterval(() => {
    try {
      const peakRssMb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      // While it ends there is no memory any more.
      if (peakRssMb > 0) used = { peakRssMb, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS };
    } catch {
      clearInterval(timer);
    }
  }, 50);
  return () => {
    clearInterval(timer);
    return used;
  };
}

/** Of the clock of Linux, a second. */
const TICKS = 100;

/** In a process of its own, as compact is. */
async function reference(kind: Kind, logs: string, home: string): Promise<Measured> {
  const out = join(home, 'reference');
  mkdirSync(out, { recursive: true });
  const startedAt = performance.now();
  const child = fork(import.meta.filename, [logs, out], { env: { ...process.env, BENCH_COPY: kind } });
  const used = watch(child);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the reference ended with ${code}`);
  rmSync(out, { recursive: true, force: true });
  return { seconds: (performance.now() - startedAt) / 1_000, ...used() };
}

async function copyTables(kind: Kind, logs: string, out: string): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const table of globSync('logs/*', { cwd: logs })) {
    const options = kind === 'copy' ? 'union_by_name=true' : `columns=${declaredColumns(table.slice(5))}`;
    const rows = `read_json(${literal(join(logs, table, '**/*.json.gz'))}, format='newline_delimited', ${options})`;
    const to = join(out, `${table.slice(5)}.parquet`);
    await connection.run(`COPY (SELECT * FROM ${rows}) TO ${literal(to)} (FORMAT parquet, COMPRESSION zstd)`);
  }
  connection.closeSync();
}

function declaredColumns(table: string): string {
  const found = tablesOf(loadLogTypes(CONTENT)).find(
    ({ database, name }) => database === 'panther_logs' && name === table,
  );
  if (found === undefined) throw new Error(`there is no table ${table}`);
  return `{${found.columns.map(({ name, type }) => `${literal(name)}: ${literal(jsonReadType(type))}`).join(', ')}}`;
}

/** The same SQL over either form; of JSON, only the columns that the question needs are read. */
async function search(before: string, after: string): Promise<readonly Search[]> {
  const instance = await openDuckdb({ tmpDir: join(after, '..', 'tmp'), memoryBytes: 2 ** 31, threads: 2 });
  const connection = await instance.connect();
  const json = (table: string, columns: string) =>
    `(SELECT * FROM read_json(${literal(join(before, table, '**/*.json.gz'))}, format='newline_delimited', columns=${columns}))`;
  const parquet = (table: string) => `read_parquet(${literal(join(after, table, '**/*.parquet'))}, union_by_name=true)`;
  const asked: Search[] = [];
  for (const { question, columns, sql } of questions(globSync('*', { cwd: after, exclude: ['tmp'] }))) {
    const seconds = async (source: (table: string) => string) => {
      const times: number[] = [];
      for (let round = 0; round < 3; round += 1)
        times.push(await timed(async () => void (await count(connection, sql(source)))));
      return median(times);
    };
    const [was, is] = [
      await count(
        connection,
        sql((table) => json(table, columns)),
      ),
      await count(connection, sql(parquet)),
    ];
    if (was !== is) throw new Error(`${question}: ${was} before, ${is} after`);
    asked.push({
      question,
      beforeSeconds: await seconds((table) => json(table, columns)),
      afterSeconds: await seconds(parquet),
    });
  }
  connection.closeSync();
  instance.closeSync();
  return asked;
}

async function count(connection: DuckDBConnection, sql: string): Promise<string> {
  return JSON.stringify((await connection.runAndReadAll(sql)).getRowsJson());
}

interface Question {
  readonly question: string;
  readonly columns: string;
  sql(source: (table: string) => string): string;
}

function questions(tables: readonly string[]): readonly Question[] {
  return [
    {
      question: 'an address over all logs',
      columns: "{p_any_ip_addresses: 'VARCHAR[]', p_event_time: 'TIMESTAMP', p_log_type: 'VARCHAR'}",
      sql: (source) =>
        `SELECT p_log_type, count(*), min(p_event_time), max(p_event_time) FROM (${tables
          .map((table) => `SELECT p_log_type, p_event_time, p_any_ip_addresses FROM ${source(table)}`)
          .join(' UNION ALL ')}) WHERE list_contains(p_any_ip_addresses, '198.19.200.7') GROUP BY ALL ORDER BY ALL`,
    },
    {
      question: "one user's day",
      columns:
        "{userIdentity: 'STRUCT(userName VARCHAR)', p_event_time: 'TIMESTAMP', eventName: 'VARCHAR', sourceIPAddress: 'VARCHAR'}",
      sql: (source) =>
        `SELECT p_event_time, eventName, sourceIPAddress FROM ${source('aws_cloudtrail')} WHERE userIdentity.userName = 'alice'
         AND p_event_time >= TIMESTAMP '2026-01-02' AND p_event_time < TIMESTAMP '2026-01-03' ORDER BY ALL LIMIT 1000`,
    },
    {
      question: 'top talkers of an hour',
      columns: "{srcAddr: 'VARCHAR', dstAddr: 'VARCHAR', bytes: 'BIGINT', p_event_time: 'TIMESTAMP'}",
      sql: (source) =>
        `SELECT srcAddr, dstAddr, sum(bytes) AS total FROM ${source('aws_vpcflow')} WHERE p_event_time >= TIMESTAMP '2026-01-02 01:00:00'
         AND p_event_time < TIMESTAMP '2026-01-02 02:00:00' GROUP BY ALL ORDER BY total DESC, srcAddr, dstAddr LIMIT 10`,
    },
  ];
}

if (import.meta.main) {
  const kind = process.env.BENCH_COPY as Kind | undefined;
  const [first = '0.5', second = '2', rounds = '1'] = process.argv.slice(2);
  if (kind !== undefined) await copyTables(kind, first, second);
  else console.log(JSON.stringify(await benchCompact(Number(first) * 1e9, Number(second), Number(rounds))));
}
