/** What `panther compact` prints. */
import { stripVTControlCharacters } from 'node:util';
import type { CompactReport, TableReport } from '../lake/compact/report.ts';
import { megabytes } from './quantities.ts';
import { renderTable } from './table.ts';

interface Run {
  readonly isDryRun: boolean;
  readonly seconds: number;
}

const MAX_PROBLEMS = 20;

export function compactJson(report: CompactReport, { isDryRun, seconds }: Run): string {
  const { tables, isInterrupted, waitingFiles } = report;
  const document = {
    dryRun: isDryRun,
    interrupted: isInterrupted,
    seconds: Math.round(seconds * 1_000) / 1_000,
    ...(waitingFiles === undefined ? {} : { waitingFiles }),
    tables: tables.map((table) => ({ ...table, ratio: ratio(table) })),
  };
  return `${JSON.stringify(document)}\n`;
}

export function compactText({ tables }: CompactReport, { isDryRun }: Run): string {
  if (tables.length === 0) return 'nothing to do\n';
  const text = (name: string) => ({ name, type: '' });
  const number = (name: string) => ({ name, type: 'BIGINT' });
  const columns = [text('table'), number('hours'), number('files'), number('size')];
  if (!isDryRun)
    columns.push(number('rows'), number('new files'), number('new size'), number('ratio'), number('aside'));
  const all = tables.length > 1 ? [...tables, total(tables)] : tables;
  const rows = all.map((table) => {
    const found = [nameOf(table), table.partitions, table.filesBefore, megabytes(table.bytesBefore)];
    if (isDryRun) return found;
    const { rows, filesAfter, bytesAfter, unfitRows } = table;
    return [...found, rows, filesAfter, megabytes(bytesAfter), ratio(table) ?? '', unfitRows];
  });
  return plainTable(columns, rows);
}

/** Without the line of types, which says nothing here. */
function plainTable(...args: Parameters<typeof renderTable>): string {
  const lines = renderTable(...args).split('\n');
  lines.splice(2, 1);
  return lines.join('\n');
}

function nameOf({ database, table }: TableReport): string {
  return table === 'all' ? table : `${database.replace('panther_', '')}.${table}`;
}

function total(tables: readonly TableReport[]): TableReport {
  const sum = (of: (table: TableReport) => number) => tables.reduce((all, table) => all + of(table), 0);
  return {
    database: 'panther_logs',
    table: 'all',
    partitions: sum(({ partitions }) => partitions),
    busy: 0,
    filesBefore: sum(({ filesBefore }) => filesBefore),
    bytesBefore: sum(({ bytesBefore }) => bytesBefore),
    jsonBytes: sum(({ jsonBytes }) => jsonBytes),
    filesAfter: sum(({ filesAfter }) => filesAfter),
    bytesAfter: sum(({ bytesAfter }) => bytesAfter),
    rows: sum(({ rows }) => rows),
    unfitRows: sum(({ unfitRows }) => unfitRows),
    leftFiles: 0,
    problems: [],
  };
}

/** Size of the new files over that of the old ones. */
function ratio({ bytesBefore, bytesAfter }: TableReport): number | null {
  return bytesBefore === 0 ? null : Math.round((bytesAfter / bytesBefore) * 1_000) / 1_000;
}

export function problemsText({ tables, waitingFiles }: CompactReport): string {
  const problems = tables.flatMap((table) => table.problems);
  const lines = problems.slice(0, MAX_PROBLEMS).map(plain);
  if (problems.length > MAX_PROBLEMS) lines.push(`and ${problems.length - MAX_PROBLEMS} more; --json has them all`);
  const busy = tables.reduce((sum, table) => sum + table.busy, 0);
  if (busy > 0) lines.push(`${busy} hours are left to another compact that works on them, or was killed a minute ago`);
  const young = tables.reduce((sum, { leftFiles }) => sum + leftFiles, 0);
  if (young > 0) lines.push(`${young} files are younger than --min-age and left for the next time`);
  if (waitingFiles) lines.push(`${waitingFiles} old files wait until no query can read them; Panther deletes them`);
  return lines.map((line) => `${line}\n`).join('');
}

/** Keys must not steer the terminal. */
function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');
}
