/** Files of lookup tables as rows: CSV with a header, a JSON array, or one JSON object a line; each may be gzip. */
import { gunzipSync } from 'node:zlib';
import { UserError } from '../core/errors.ts';

export type LookupRow = Readonly<Record<string, unknown>>;
export type RowFormat = 'csv' | 'json';

/** What a table may take of memory. */
const MAX_BYTES = 512 << 20;

export function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
}

/** @throws UserError that names the line. */
export function parseRows(text: string, format: RowFormat): readonly LookupRow[] {
  return format === 'csv' ? csvRows(text) : jsonRows(text);
}

/** By the name; without a known ending by what is in it. */
export function formatOf(name: string, text: string): RowFormat {
  const ending = /\.(csv|jsonl?|ndjson)(\.gz)?$/i.exec(name)?.[1]?.toLowerCase();
  if (ending !== undefined) return ending === 'csv' ? 'csv' : 'json';
  return /^\s*[[{]/.test(text) ? 'json' : 'csv';
}

function jsonRows(text: string): readonly LookupRow[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) return asRows(parseJson(trimmed, 1));
  return trimmed.split('\n').flatMap((line, index) => {
    return line.trim() === '' ? [] : asRows([parseJson(line, index + 1)], index + 1);
  });
}

function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError('a row is not JSON', { line }, { cause });
  }
}

function asRows(value: unknown, line = 1): readonly LookupRow[] {
  const rows = value as readonly unknown[];
  const wrong = rows.findIndex((row) => typeof row !== 'object' || row === null || Array.isArray(row));
  if (wrong >= 0) throw new UserError(`row ${wrong + 1} is not an object`, { line });
  return rows as readonly LookupRow[];
}

/** Every value is text; an empty one is left out. */
function csvRows(text: string): readonly LookupRow[] {
  const [header, ...records] = csvRecords(text.replace(/^\ufeff/, ''));
  if (header === undefined) return [];
  const names = header.map((name) => name.trim());
  return records
    .filter((values) => values.length > 1 || values[0] !== '')
    .map((values, index) => {
      if (values.length > names.length) {
        throw new UserError(`row ${index + 1} has ${values.length} values for ${names.length} columns`);
      }
      return Object.fromEntries(names.flatMap((name, at) => (values[at] ? [[name, values[at]]] : [])));
    });
}

/** RFC 4180. */
function csvRecords(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  let end = 0;
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\n|\r|$)/g)) {
    end = match.index + match[0].length;
    record.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === ',') continue;
    records.push(record);
    record = [];
    if (end >= text.length) break;
  }
  if (end < text.length) throw new UserError(`row ${records.length + 1} has a quote that does not end`);
  return records;
}
