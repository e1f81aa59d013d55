/** Finds out in which format the records of a log are, from the first of them. */

import { splitCells } from '../parsers/csv.ts';
import { createParserFactory, type ParserSpec } from '../parsers/index.ts';
import { parseJsonObject } from '../parsers/json.ts';
import { findLinePattern } from './line-pattern.ts';

export interface FoundFormat {
  readonly name: 'json' | 'csv' | 'syslog' | 'text';
  /** As a schema names it; none for JSON. */
  readonly parser: Partial<ParserSpec> | undefined;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** So many of the records have to be of a format. */
const MOST = 0.9;

/** `undefined` when no format is evident. */
export function findFormat(records: readonly string[]): FoundFormat | undefined {
  if (share(records, (record) => typeof parseJsonObject(record) === 'object') > 0.5) {
    return { name: 'json', parser: undefined, notes: [] };
  }
  return syslogFormat(records) ?? csvFormat(records) ?? patternFormat(records);
}

function syslogFormat(records: readonly string[]): FoundFormat | undefined {
  for (const format of ['rfc5424', 'rfc3164'] as const) {
    const parser = createParserFactory({ syslog: { format } })({ inputNames: new Set(), nowMs: () => 0 });
    if (share(records, (record) => typeof parser.parse(record) === 'object') < MOST) continue;
    const known = format === 'rfc5424' ? 'Syslog.RFC5424' : 'Syslog.RFC3164';
    return { name: 'syslog', parser: { syslog: { format } }, notes: [`these are logs of the known type ${known}`] };
  }
  return undefined;
}

/** The schema language has one character; spaces are taken only under a header. */
const DELIMITERS = ['\t', ',', ';', '|', ' '] as const;
const HEADER_NAME = /^[A-Za-z_@#][\w @#./:()-]*$/;

function csvFormat(records: readonly string[]): FoundFormat | undefined {
  for (const delimiter of DELIMITERS) {
    const rows = records.map((record) => cellsOf(record, delimiter));
    const [first = []] = rows;
    if (first.length < 2 || share(rows, (row) => row.length === first.length) < MOST) continue;
    const isHeader = isHeaderRow(first) && (rows.length === 1 || !rows.slice(1).every(isHeaderRow));
    if (isHeader) return { name: 'csv', parser: csvParser(records, { delimiter, hasHeader: true }), notes: [] };
    if (rows.length < 2 || first.length < 3 || delimiter === ' ') continue;
    const columns = first.map((_, index) => `column_${index + 1}`);
    const notes = ['there is no header: the columns are named by their place, give them names'];
    return { name: 'csv', parser: csvParser(records, { delimiter, hasHeader: false, columns }), notes };
  }
  return undefined;
}

function csvParser(
  records: readonly string[],
  options: { delimiter: string; hasHeader: boolean; columns?: string[] },
): Partial<ParserSpec> {
  const hasDash = records.some((record) => cellsOf(record, options.delimiter).includes('-'));
  return { csv: { ...options, ...(hasDash && { emptyValues: ['-'] }) } };
}

/** Names, all different. */
function isHeaderRow(cells: readonly string[]): boolean {
  return cells.every((cell) => HEADER_NAME.test(cell.trim())) && new Set(cells).size === cells.length;
}

function cellsOf(record: string, delimiter: string): string[] {
  const cells: string[] = [];
  splitCells(record, delimiter.charCodeAt(0), delimiter, cells);
  return cells;
}

function patternFormat(records: readonly string[]): FoundFormat | undefined {
  const pattern = findLinePattern(records);
  if (pattern === undefined) return undefined;
  const notes = ['the pattern was found in the first lines: look at its names'];
  return { name: 'text', parser: { regex: { match: [...pattern.match], emptyValues: pattern.emptyValues } }, notes };
}

function share<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.length === 0 ? 0 : items.filter(test).length / items.length;
}
