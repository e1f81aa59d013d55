/**
 * JSON values whose numbers keep their precision: integers beyond 2^53 are `bigint`, and numbers beyond the range of a
 * double are refused instead of becoming `null`.
 */

/** Why a value cannot be kept as `JSON.parse` gave it. The first is mended by `parsePrecisely`. */
export const IMPRECISE = 'an integer beyond 2^53';
export const OUT_OF_RANGE = 'a number beyond the range of a double';
export const TOO_DEEP = 'nested deeper than 512 levels';

const MAX_DEPTH = 512;

/** Set while a document from `parsePrecisely` is read: a large number in it was written as one with an exponent. */
export const numbers = { arePrecise: false };

/** What is wrong with a number of a parsed document, if anything. */
export function vetNumber(value: number): string | undefined {
  if (value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER) return undefined;
  if (!Number.isFinite(value)) return OUT_OF_RANGE;
  return numbers.arePrecise ? undefined : IMPRECISE;
}

/** Why a JSON value cannot be kept as it is, or `undefined`. */
export function vetJson(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'number') return vetNumber(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === MAX_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const problem = vetJson(value[at], depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) {
    const problem = vetJson(object[key], depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

interface RevivedFrom {
  readonly source?: string;
}

const INTEGER = /^-?\d+$/;

/** As `JSON.parse`, but integers that a double does not hold are `bigint`. Throws as `JSON.parse` does. */
export function parsePrecisely(text: string): unknown {
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, from: RevivedFrom) => unknown,
  ) => unknown;
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
      ? BigInt(source)
      : value,
  );
}

/** The JSON text of an event, one line; `bigint` values are written as numbers. */
export function stringifyEvent(event: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(event);
  } catch {
    const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
    return JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? raw(String(value)) : value));
  }
}
