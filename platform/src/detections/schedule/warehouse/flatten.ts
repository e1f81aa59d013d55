/** `FLATTEN`: a row for each element of a list, or each field of an object; and rows out of nothing. */
import { UserError } from '../../../core/errors.ts';
import { jsonTextOf } from './functions.ts';

/** Columns as there: `key` of a field, `index` of an element, `value`, `this`. Of nothing there is no row. */
export function flattened(args: readonly string[]): string {
  const named = new Map(
    args.map((arg): [string, string] => {
      const [, name, value] = /^\s*(\w+)\s*=>\s*([\s\S]*)$/.exec(arg) ?? [];
      return name === undefined ? ['input', arg.trim()] : [name.toLowerCase(), (value ?? '').trim()];
    }),
  );
  const input = named.get('input');
  const other = [...named.keys()].find((name) => name !== 'input');
  if (input === undefined) throw new UserError('flatten needs its input');
  if (other !== undefined && !/^false$/i.test(named.get(other) ?? ''))
    throw new UserError(`flatten is not known with ${other}`);
  const columns = [
    'key',
    'TRY_CAST(key AS BIGINT) AS index',
    "json_extract_string(value, '$') AS value",
    `${input} AS this`,
  ];
  return `LATERAL (SELECT ${columns.join(', ')} FROM json_each(${jsonTextOf(input)}))`;
}

/** `generator(rowcount => n)`; `seq4()` is its column. */
export function generated([given = '']: readonly string[]): string {
  const count = /^\s*rowcount\s*=>\s*(\d+)\s*$/i.exec(given)?.[1];
  if (count === undefined) throw new UserError('generator is known with rowcount => a number alone');
  return `range(${count}) AS generated(generated_row)`;
}

export const GENERATED_ROW = 'generated_row';
