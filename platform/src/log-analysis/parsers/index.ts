/** The parsers that schemas can name. Without one, a record is a JSON object. */
import { z } from 'zod';
import { csv } from './csv.ts';
import { fastmatch } from './fastmatch.ts';
import type { ParserContext, TextParser } from './parser.ts';
import { regex } from './regex.ts';
import { syslog } from './syslog.ts';

export const PARSERS = { csv, fastmatch, regex, syslog };

export const parserSchema = z
  .strictObject({
    csv: csv.options.optional(),
    fastmatch: fastmatch.options.optional(),
    regex: regex.options.optional(),
    syslog: syslog.options.optional(),
  })
  .refine(
    (parser) => Object.values(parser).filter((options) => options !== undefined).length === 1,
    'name exactly one parser',
  );

export type ParserSpec = z.infer<typeof parserSchema>;

/** A parser for every stream. Throws an `Error` that says what is wrong with the options. */
export function createParserFactory(spec: ParserSpec): (context: ParserContext) => TextParser {
  if (spec.csv !== undefined) return csv.create(spec.csv);
  if (spec.fastmatch !== undefined) return fastmatch.create(spec.fastmatch);
  if (spec.regex !== undefined) return regex.create(spec.regex);
  if (spec.syslog !== undefined) return syslog.create(spec.syslog);
  throw new Error('no parser is named');
}
