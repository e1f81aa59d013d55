/** Records in the raw form of their log type: JSON, delimited text, patterns, syslog. */
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { compileGrok } from '../../log-analysis/parsers/grok.ts';
import type { ParserSpec } from '../../log-analysis/parsers/index.ts';
import type { LogType } from '../../log-analysis/schema.ts';
import { bsdTime } from '../cast.ts';
import type { Random } from '../random.ts';
import { type Fields, textOf } from './record.ts';
import { compileRegexText } from './regex-text.ts';
import { inputName } from './values.ts';

export interface RawFormat {
  /** First line of every file. */
  readonly header?: string;
  write(record: Fields, random: Random, time: Date): string;
}

export function rawFormat(logType: LogType): RawFormat {
  const { parser } = logType.spec;
  if (parser === undefined) return { write: stringifyEvent };
  if (parser.csv !== undefined) return csvFormat(parser.csv, logType);
  if (parser.fastmatch !== undefined) return fastmatchFormat(parser.fastmatch);
  if (parser.regex !== undefined) return regexFormat(parser.regex);
  return syslogFormat(parser.syslog?.format ?? 'rfc5424');
}

function csvFormat(csv: NonNullable<ParserSpec['csv']>, logType: LogType): RawFormat {
  const { delimiter, emptyValues = [] } = csv;
  const columns = csv.columns ?? logType.fields.map(inputName);
  const count = Math.max(columns.length, csv.minColumns ?? 0, ...(csv.columnCounts?.slice(0, 1) ?? []));
  const [empty = ''] = emptyValues;

  function write(record: Fields): string {
    const cells: string[] = [];
    for (let at = 0; at < columns.length; ) {
      const column = columns[at] ?? null;
      const isGreedy = typeof column === 'object' && column !== null;
      const name = isGreedy ? column.name : column;
      let width = 1;
      while (name !== null && columns[at + width] === name) width += 1;
      const value = (name === null ? undefined : textOf(record[name])) ?? empty;
      cells.push(
        ...(width > 1 ? splitInto(value, delimiter, width) : [value]).map((cell) =>
          quoted(cell, delimiter, isGreedy || width > 1),
        ),
      );
      at += width;
    }
    while (cells.length < count) cells.push(empty);
    return cells.join(delimiter);
  }
  if (!csv.hasHeader) return { write };
  const names = columns.map((column) =>
    typeof column === 'object' && column !== null ? column.name : (column ?? '-'),
  );
  return { header: names.map((name) => quoted(name, delimiter, false)).join(delimiter), write };
}

/** A value that stands in several columns, as a time with a space in it does. */
function splitInto(value: string, delimiter: string, width: number): string[] {
  const parts = value.split(delimiter);
  const last = parts.slice(width - 1).join(delimiter);
  return Array.from({ length: width }, (_, index) => (index === width - 1 ? last : (parts[index] ?? '')));
}

function quoted(cell: string, delimiter: string, isRaw: boolean): string {
  if (isRaw || (!cell.includes(delimiter) && !cell.startsWith('"'))) return cell;
  return `"${cell.replaceAll('"', '""')}"`;
}

function fastmatchFormat({ match, emptyValues = [] }: NonNullable<ParserSpec['fastmatch']>): RawFormat {
  const [pattern = ''] = match;
  const parts = pattern.replace(/\n$/, '').split(/%\{([^}]*)\}/);
  const [empty = '-'] = emptyValues;
  return {
    write(record, random) {
      let line = '';
      for (const [index, part] of parts.entries()) {
        if (index % 2 === 0) {
          line += part;
          continue;
        }
        const value = part === '' ? random.pick(['amber', 'birch', 'cedar']) : (textOf(record[part]) ?? empty);
        line += fitting(value, parts[index - 1] ?? '', parts[index + 1] ?? '');
      }
      return line;
    },
  };
}

/** A value must not hold what ends it; in quotes it is escaped. */
function fitting(value: string, before: string, after: string): string {
  const flat = value.replaceAll('\n', ' ');
  if (before.endsWith('"') && after.startsWith('"')) return flat.replaceAll(/[\\"]/g, '\\$&');
  return after === '' ? flat : flat.replaceAll(after, '_');
}

function regexFormat({ match, patternDefinitions, emptyValues = [] }: NonNullable<ParserSpec['regex']>): RawFormat {
  const grok = compileGrok(typeof match === 'string' ? match : match.join(''), patternDefinitions);
  const names = new Map(grok.groups);
  const write = compileRegexText(grok.regex.source);
  const empty = emptyValues.find((text) => text !== '');
  return {
    write: (record, random) => write(random, (group) => textOf(record[names.get(group) ?? '']) ?? empty),
  };
}

function syslogFormat(format: 'rfc3164' | 'rfc5424'): RawFormat {
  return {
    write(record, random, time) {
      const text = (name: string, other: string) => textOf(record[name])?.replaceAll(/\s/g, '_') ?? other;
      const priority = random.int(0, 23) * 8 + random.int(0, 7);
      const message = textOf(record.message)?.replaceAll('\n', ' ') ?? 'job finished';
      const [host, app, pid] = [text('hostname', 'web-1'), text('appname', 'cron'), random.int(100, 32_000)];
      if (format === 'rfc3164')
        return `<${priority}>${bsdTime(time)} ${host} ${app.replaceAll(/[:[\]]/g, '_')}[${pid}]: ${message}`;
      return `<${priority}>1 ${time.toISOString()} ${host} ${app} ${pid} ${text('msgid', '-')} - ${message}`;
    },
  };
}
