/** What every text parser has in common. */
import { z } from 'zod';

/** A record as parsed: names to values, before types are checked. */
export type Fields = Record<string, unknown>;

/** The record is of this type, and gives no event (a header, a comment). */
export const SKIP = Symbol('skip');

/** Reads the records of one stream in order; may keep state between them (a header). */
export interface TextParser {
  /** The values, `SKIP`, or one phrase that says why the record is not of this type. */
  parse(text: string): Fields | typeof SKIP | string;
}

export interface ParserContext {
  /** Names under which the schema looks for values. */
  readonly inputNames: ReadonlySet<string>;
  /** The clock, for formats without a year. */
  readonly nowMs: () => number;
}

/** One way to read text. `create` throws an `Error` that says what is wrong with the options. */
export interface ParserUnit<Options> {
  readonly options: z.ZodType<Options>;
  create(options: Options): (context: ParserContext) => TextParser;
}

export const commonOptions = {
  /** Lines that start with it are skipped. */
  skipPrefix: z.string().min(1).optional(),
  /** Lines that start with it are not of this type. */
  rejectPrefix: z.string().min(1).optional(),
  /** Values equal to one of these are left out. */
  emptyValues: z.array(z.string()).optional(),
  trimSpace: z.boolean().optional(),
  /** New values from others: a name to a template with `%{name}` in it. */
  expandFields: z.record(z.string(), z.string()).optional(),
};

interface Common {
  readonly skipPrefix?: string | undefined;
  readonly rejectPrefix?: string | undefined;
  readonly emptyValues?: readonly string[] | undefined;
  readonly trimSpace?: boolean | undefined;
  readonly expandFields?: Readonly<Record<string, string>> | undefined;
}

/**
 * Wraps a parser with what the common options ask for; returns it as it is when they ask for nothing. `handlesEmpty`:
 * the parser leaves empty values out itself.
 */
export function withCommonOptions(parser: TextParser, options: Common, handlesEmpty = false): TextParser {
  const { skipPrefix, rejectPrefix } = options;
  const finish = finisher({ ...options, emptyValues: handlesEmpty ? [] : options.emptyValues });
  if (skipPrefix === undefined && rejectPrefix === undefined && finish === undefined) return parser;
  return {
    parse(text) {
      if (rejectPrefix !== undefined && text.startsWith(rejectPrefix)) return `starts with ${rejectPrefix}`;
      if (skipPrefix !== undefined && text.startsWith(skipPrefix)) return SKIP;
      const fields = parser.parse(text);
      if (finish !== undefined && typeof fields === 'object') finish(fields);
      return fields;
    },
  };
}

function finisher(options: Common): ((fields: Fields) => void) | undefined {
  const empty = new Set(options.emptyValues ?? []);
  const expansions = Object.entries(options.expandFields ?? {});
  const { trimSpace = false } = options;
  if (empty.size === 0 && expansions.length === 0 && !trimSpace) return undefined;
  return (fields) => {
    for (const name in fields) {
      const value = fields[name];
      if (typeof value !== 'string') continue;
      const text = trimSpace ? value.trim() : value;
      fields[name] = empty.has(text) ? undefined : text;
    }
    for (const [name, template] of expansions) {
      const text = template.replace(/%\{([^}]*)\}/g, (_all, source: string) => String(fields[source] ?? ''));
      if (text !== '') fields[name] = text;
    }
  };
}
