/** Text by a regular expression with grok-like building blocks; its named groups are the values. */
import { z } from 'zod';
import { compileGrok } from './grok.ts';
import { commonOptions, type Fields, type ParserUnit, SKIP, type TextParser, withCommonOptions } from './parser.ts';

const options = z.strictObject({
  /** Joined to one expression. */
  match: z.union([z.string(), z.array(z.string()).min(1)]),
  patternDefinitions: z.record(z.string(), z.string()).optional(),
  /** Once a line has matched, lines that do not match belong to the one before and give no event. */
  hasContinuationLines: z.boolean().optional(),
  ...commonOptions,
});

type Options = z.infer<typeof options>;

export const regex: ParserUnit<Options> = {
  options,
  create(config) {
    const source = typeof config.match === 'string' ? config.match : config.match.join('');
    const grok = compileGrok(source, config.patternDefinitions);
    return () => withCommonOptions(createRegexParser(grok, config.hasContinuationLines === true), config);
  },
};

function createRegexParser(grok: ReturnType<typeof compileGrok>, hasContinuationLines: boolean): TextParser {
  let hasMatched = false;
  return {
    parse(text) {
      const groups = grok.regex.exec(text)?.groups;
      if (groups === undefined) return hasContinuationLines && hasMatched ? SKIP : 'the pattern does not match';
      hasMatched = true;
      const fields: Fields = {};
      for (const [group, field] of grok.groups) {
        const value = groups[group];
        if (value !== undefined) fields[field] = value;
      }
      return fields;
    },
  };
}
