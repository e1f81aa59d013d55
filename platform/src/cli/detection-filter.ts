/** `--filter KEY=VALUE` over specifications. */
import { UserError } from '../core/errors.ts';
import type { Detection } from '../detections/detection.ts';
import { specifications } from '../detections/format/index.ts';
import { didYouMean } from './nearest.ts';

/**
 * `KEY=A,B`: one of the values, ignoring case; `KEY!=A,B`: none of them. A detection must pass every filter.
 * @throws UserError for what is no filter, and for a key that no specification has.
 */
export function detectionFilter(filters: readonly string[]): (detection: Detection) => boolean {
  const parsed = filters.map(parseFilter);
  return ({ spec }) =>
    parsed.every(({ key, isWanted, wanted }) => {
      const values = [spec[key] ?? []].flat(1);
      return values.some((one) => wanted.has(String(one).toLowerCase())) === isWanted;
    });
}

function parseFilter(text: string) {
  const [, key, operator, values] = /^(\w+)(!?=)(.*)$/s.exec(text) ?? [];
  if (key === undefined || values === undefined) {
    throw new UserError(`"${text}" is neither KEY=VALUE nor KEY!=VALUE`, { field: '--filter' });
  }
  const keys = new Set(Object.values(specifications).flatMap(({ schema }) => Object.keys(schema.shape)));
  if (!keys.has(key)) {
    throw new UserError(`no specification has the key ${key}${didYouMean(key, [...keys])}`, { field: '--filter' });
  }
  const wanted = new Set(values.split(',').map((value) => value.trim().toLowerCase()));
  return { key, isWanted: operator === '=', wanted };
}
