/** The engine's values as JSON has them. */
import type {
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBValue,
} from '@duckdb/node-api';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Times become `YYYY-MM-DD HH:MM:SS.ffffff` in UTC; integers and decimals that a double does not hold exactly become
 * text, as do infinity and NaN; bytes become base64; anything else that JSON has no form for, the engine's text.
 */
export function toJson(value: DuckDBValue): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return integer(value);
  return objectToJson(value);
}

function objectToJson(value: object): Json {
  switch (value.constructor.name) {
    case 'DuckDBTimestampValue':
      return timestamp((value as DuckDBTimestampValue).micros, value);
    case 'DuckDBTimestampTZValue':
      return timestamp((value as DuckDBTimestampTZValue).micros, value);
    case 'DuckDBDecimalValue':
      return decimal(value as DuckDBDecimalValue);
    case 'DuckDBListValue':
    case 'DuckDBArrayValue':
      return (value as DuckDBListValue).items.map(toJson);
    case 'DuckDBStructValue':
      return entries(Object.entries((value as DuckDBStructValue).entries));
    case 'DuckDBMapValue':
      return entries((value as DuckDBMapValue).entries.map(({ key, value: item }) => [keyText(key), item]));
    case 'DuckDBBlobValue':
      return Buffer.from((value as { readonly bytes: Uint8Array }).bytes).toString('base64');
    case 'DuckDBUnionValue':
      return toJson((value as { readonly value: DuckDBValue }).value);
    default:
      return String(value);
  }
}

function entries(pairs: readonly (readonly [string, DuckDBValue])[]): Json {
  return Object.fromEntries(pairs.map(([key, value]) => [key, toJson(value)]));
}

function keyText(key: DuckDBValue): string {
  const json = toJson(key);
  return typeof json === 'string' ? json : JSON.stringify(json);
}

function integer(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function decimal(value: DuckDBDecimalValue): Json {
  return value.width <= 15 ? Number(value.toString()) : value.toString();
}

const MICROS_PER_MS = 1_000n;
/** Of the years 0000 to 9999; other times have the engine's own form. */
const MIN_MICROS = -62_167_219_200_000_000n;
const MAX_MICROS = 253_402_300_799_999_999n;

function timestamp(micros: bigint, value: object): string {
  if (micros < MIN_MICROS || micros > MAX_MICROS) return String(value);
  const rest = ((micros % MICROS_PER_MS) + MICROS_PER_MS) % MICROS_PER_MS;
  const date = new Date(Number((micros - rest) / MICROS_PER_MS)).toISOString();
  return `${date.slice(0, 10)} ${date.slice(11, 23)}${rest.toString().padStart(3, '0')}`;
}
