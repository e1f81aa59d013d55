/**
 * Delimited text. Quotes are read as Go's `encoding/csv` does with lazy quotes: a field that starts with a quote ends at
 * a quote before the delimiter or the end; a quote anywhere else stands for itself.
 */
import { z } from 'zod';
import { commonOptions, type Fields, type ParserUnit, SKIP, type TextParser, withCommonOptions } from './parser.ts';

const columnSchema = z.union([
  z.string(),
  z.null(),
  z.strictObject({
    name: z.string(),
    /** Takes every column that the others leave over, joined by the delimiter. */
    greedy: z.literal(true),
  }),
]);

const options = z
  .strictObject({
    delimiter: z.string().length(1).default(','),
    hasHeader: z.boolean().default(false),
    /** Names by position; `null` leaves a column out; a name that stands twice in a row joins both columns. */
    columns: z.array(columnSchema).min(1).optional(),
    /** How many columns a line may have. */
    columnCounts: z.array(z.number().int().positive()).min(1).optional(),
    minColumns: z.number().int().positive().optional(),
    maxColumns: z.number().int().positive().optional(),
    /** A list of the columns after the named ones. */
    extraColumns: z.string().optional(),
    /** With `hasHeader`: a line is a header when it has at least so many names of the schema; a header may come again. */
    minKnownColumns: z.number().int().positive().optional(),
    ...commonOptions,
  })
  .refine((csv) => csv.hasHeader || csv.columns !== undefined, 'columns are needed without a header');

type Options = z.infer<typeof options>;
type Column = string | null | { readonly name: string; readonly greedy: true };

export const csv: ParserUnit<Options> = {
  options,
  create: (config) => (context) =>
    withCommonOptions(createCsvParser(config, context.inputNames), config, config.trimSpace !== true),
};

function createCsvParser(config: Options, inputNames: ReadonlySet<string>): TextParser {
  const delimiter = config.delimiter.charCodeAt(0);
  const cells: string[] = [];
  const countProblem = countChecker(config);
  let read = config.hasHeader || config.columns === undefined ? undefined : columnReader(config.columns, config);

  function takeHeader(): void {
    read = columnReader(config.columns ?? [...cells], config);
  }
  function isHeader(minimum: number): boolean {
    let known = 0;
    for (const cell of cells) if (inputNames.has(cell)) known += 1;
    return known >= minimum;
  }

  return {
    parse(line) {
      splitCells(line, delimiter, config.delimiter, cells);
      const problem = countProblem?.(cells.length);
      if (problem !== undefined) return problem;
      if (config.hasHeader && config.minKnownColumns !== undefined) {
        if (isHeader(config.minKnownColumns)) {
          takeHeader();
          return SKIP;
        }
        if (read === undefined) return 'no header line before it';
      }
      if (read === undefined) {
        takeHeader();
        return SKIP;
      }
      return read(cells);
    },
  };
}

function countChecker(config: Options): ((count: number) => string | undefined) | undefined {
  const { columnCounts, minColumns = 1, maxColumns = Number.POSITIVE_INFINITY } = config;
  if (columnCounts !== undefined) {
    const allowed = new Set(columnCounts);
    return (count) => (allowed.has(count) ? undefined : `${count} columns instead of ${columnCounts.join(' or ')}`);
  }
  if (minColumns === 1 && maxColumns === Number.POSITIVE_INFINITY) return undefined;
  return (count) => {
    if (count < minColumns) return `${count} columns, at least ${minColumns} are needed`;
    return count > maxColumns ? `${count} columns, at most ${maxColumns} are allowed` : undefined;
  };
}

function columnReader(columns: readonly Column[], config: Options): (cells: readonly string[]) => Fields | string {
  const { extraColumns, delimiter } = config;
  const names = columns.map((column) => (typeof column === 'object' && column !== null ? column.name : column));
  const greedyAt = columns.findIndex((column) => typeof column === 'object' && column !== null);
  const [empty, ...more] = config.trimSpace === true ? [] : (config.emptyValues ?? []);
  const others = new Set(more);
  const isBounded = extraColumns === undefined && config.columnCounts === undefined && config.minColumns === undefined;
  return (cells) => {
    const over = cells.length - names.length;
    if (over > 0 && greedyAt < 0 && isBounded) return `${cells.length} columns instead of ${names.length}`;
    const fields: Fields = {};
    for (let index = 0, at = 0; index < names.length; index += 1, at += 1) {
      const name = names[index] ?? null;
      let value = cells[at] ?? '';
      if (index === greedyAt && over > 0) {
        value = cells.slice(at, at + over + 1).join(delimiter);
        at += over;
      }
      while (name !== null && names[index + 1] === name) {
        index += 1;
        at += 1;
        value += delimiter + (cells[at] ?? '');
      }
      if (name !== null && value !== empty && !others.has(value)) fields[name] = value;
    }
    if (extraColumns !== undefined && over > 0) fields[extraColumns] = cells.slice(names.length);
    return fields;
  };
}

const QUOTE = 34;

/** Splits a line into `cells`, which is emptied first. */
export function splitCells(line: string, delimiter: number, delimiterText: string, cells: string[]): void {
  cells.length = 0;
  let at = 0;
  for (;;) {
    if (line.charCodeAt(at) === QUOTE) {
      at = readQuoted(line, at + 1, delimiter, cells);
    } else {
      const end = line.indexOf(delimiterText, at);
      cells.push(end < 0 ? line.slice(at) : line.slice(at, end));
      at = end < 0 ? -1 : end + 1;
    }
    if (at < 0) return;
  }
}

/** Reads on after an opening quote; gives where the next cell starts, -1 at the end. */
function readQuoted(line: string, start: number, delimiter: number, cells: string[]): number {
  let text = '';
  let from = start;
  let at = line.indexOf('"', start);
  for (; at >= 0; at = line.indexOf('"', at)) {
    const next = line.charCodeAt(at + 1);
    if (next === QUOTE) {
      text += line.slice(from, at + 1);
      at += 2;
      from = at;
    } else if (next === delimiter || at + 1 === line.length) {
      cells.push(text + line.slice(from, at));
      return next === delimiter ? at + 2 : -1;
    } else {
      at += 1;
    }
  }
  cells.push(text + line.slice(from));
  return -1;
}
