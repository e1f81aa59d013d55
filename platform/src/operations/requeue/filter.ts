/**
 * What `--filter` says, as a predicate over messages:
 *
 * - `timeout`: the body contains it
 * - `/5\d\d/i`: the body matches the regular expression
 * - `$.Records[0].s3.object.key=a.gz`: a value in the JSON of the body; `!=` differs, `~` matches a regular expression.
 *   JSON inside of a JSON text (the `Message` of an SNS notification) is looked into as well.
 * - `@type=LogData`: an attribute; `!=` and `~` as above
 *
 * A `!` in front turns it around.
 */
import { UserError } from '../../core/errors.ts';

export interface FilterInput {
  readonly body: string;
  /** Binary attributes as base64. */
  readonly attributes: Readonly<Record<string, string>>;
}

export type MessageFilter = (message: FilterInput) => boolean;

const FIELD = '--filter';

/** @throws UserError that names the expression. */
export function parseFilter(text: string): MessageFilter {
  if (text.startsWith('!') && text.length > 1) {
    const rest = parseFilter(text.slice(1));
    return (message) => !rest(message);
  }
  if (text === '') throw new UserError('the filter is empty', { field: FIELD });
  const [, pattern, flags] = /^\/(.+)\/([imsu]*)$/s.exec(text) ?? [];
  if (pattern !== undefined) {
    const regex = parseRegex(pattern, flags ?? '', text);
    return ({ body }) => regex.test(body);
  }
  if (text.startsWith('@')) return attributeFilter(text);
  if (/^\$[.[]/.test(text)) return jsonFilter(text);
  return ({ body }) => body.includes(text);
}

function attributeFilter(text: string): MessageFilter {
  const { name, accepts } = comparison(text.slice(1), text);
  return ({ attributes }) => accepts(Object.hasOwn(attributes, name) ? attributes[name] : undefined);
}

function jsonFilter(text: string): MessageFilter {
  const { name, accepts } = comparison(text.slice(1), text);
  const path = parsePath(name, text);
  return ({ body }) => accepts(valueText(valueAt(parseJson(body), path)));
}

/** `name=value`, `name!=value` or `name~regex`. A value that is not there equals nothing. */
function comparison(text: string, whole: string): { name: string; accepts: (value: string | undefined) => boolean } {
  const [, name, operator, expected = ''] = /^([^=~!]+)(!=|=|~)(.*)$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new UserError(`"${whole}" lacks a comparison: write ${whole}=value, != or ~regex`, { field: FIELD });
  }
  if (operator === '~') {
    const regex = parseRegex(expected, '', whole);
    return { name, accepts: (value) => value !== undefined && regex.test(value) };
  }
  const isEqual = operator === '=';
  return { name, accepts: (value) => (value === expected) === isEqual };
}

function parseRegex(pattern: string, flags: string, whole: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch (cause) {
    throw new UserError(`"${whole}" is not a regular expression`, { field: FIELD }, { cause });
  }
}

/** `.Records[0].s3` → `['Records', 0, 's3']`; names with odd characters in brackets: `["a b"]`. */
function parsePath(text: string, whole: string): readonly (string | number)[] {
  const steps = [...text.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\["([^"]*)"\]/g)];
  if (steps.length === 0 || steps.map(([step]) => step).join('') !== text) {
    throw new UserError(`"${whole}": "$${text}" is not a path such as $.Records[0].key`, { field: FIELD });
  }
  return steps.map(([, name, index, quoted]) => (index === undefined ? (name ?? quoted ?? '') : Number(index)));
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current === 'string') current = parseJson(current);
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valueText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return JSON.stringify(value);
}
