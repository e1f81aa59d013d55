/**
 * Looks at rows one by one after the engine has refused their file. Rows are made by log analysis from the same
 * columns, so this is the second line: it repairs what can be repaired and says what is wrong with the rest.
 */
import type { Column, ColumnType, ScalarType } from '../core/table.ts';

export type CheckedRow = { readonly json: string } | { readonly reason: string };

export function checkRow(json: string, columns: readonly Column[]): CheckedRow {
  let row: unknown;
  try {
    row = JSON.parse(json, keepNumbers);
  } catch {
    return { reason: 'the row is not JSON' };
  }
  if (!isObject(row)) return { reason: 'the row is not a JSON object' };
  const reason = fieldsProblem(row, columns, '');
  return reason === undefined ? { json: JSON.stringify(row) } : { reason };
}

/** Numbers stay as they were written; half surrogates, which no engine stores, become U+FFFD. */
function keepNumbers(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') return rawJson(context?.source ?? String(value));
  return value;
}

const RAW = JSON as typeof JSON & { rawJSON(text: string): { readonly rawJSON: string } };

function rawJson(source: string): object {
  return RAW.rawJSON(source);
}

function fieldsProblem(row: Record<string, unknown>, columns: readonly Column[], path: string): string | undefined {
  for (const { name, type } of columns) {
    const problem = valueProblem(row[name], type, path + name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function valueProblem(value: unknown, type: ColumnType, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (type.kind === 'scalar') return isScalar(value, type.type) ? undefined : mismatch(path, value, type.type);
  if (type.kind === 'struct') {
    return isObject(value) ? fieldsProblem(value, type.fields, `${path}.`) : mismatch(path, value, 'object');
  }
  if (!Array.isArray(value)) return mismatch(path, value, 'array');
  for (const [index, element] of value.entries()) {
    const problem = valueProblem(element, type.element, `${path}[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const INTEGER_BITS: Partial<Record<ScalarType, bigint>> = { smallint: 16n, int: 32n, bigint: 64n };
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$/;

function isScalar(value: unknown, type: ScalarType): boolean {
  if (type === 'string' || type === 'json') return true;
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'timestamp') return typeof value === 'string' && TIME.test(value);
  const source = isRaw(value) ? value.rawJSON : undefined;
  if (source === undefined) return false;
  const bits = INTEGER_BITS[type];
  if (bits === undefined) return true;
  return /^-?\d+$/.test(source) && BigInt.asIntN(Number(bits), BigInt(source)) === BigInt(source);
}

function mismatch(path: string, value: unknown, declared: string): string {
  return `${path} is ${kindOf(value)}, declared as ${declared}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (isRaw(value)) return `the number ${value.rawJSON.slice(0, 40)}`;
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`;
  return typeof value === 'object' ? 'an object' : String(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value);
}

function isRaw(value: unknown): value is { readonly rawJSON: string } {
  return (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON(value);
}
