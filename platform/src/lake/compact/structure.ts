/** What JSON rows look like: every key, and the kinds of values under it. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ScalarType } from '../../core/table.ts';
import { type JsonFiles, jsonObjects } from './json-source.ts';

export type Structure =
  /** Null, or an array without elements. */
  | { readonly kind: 'null' }
  | {
      readonly kind: 'scalar';
      readonly type: Extract<ScalarType, 'string' | 'boolean' | 'bigint' | 'double' | 'json'>;
    }
  | { readonly kind: 'array'; readonly element: Structure }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Structure> };

/** As the engine describes a value: `"VARCHAR"`, `["UBIGINT"]`, `{"a": …}`. */
type Described = string | readonly [Described] | { readonly [key: string]: Described };

const SCALARS: Readonly<Record<string, Structure>> = {
  NULL: { kind: 'null' },
  VARCHAR: { kind: 'scalar', type: 'string' },
  BOOLEAN: { kind: 'scalar', type: 'boolean' },
  BIGINT: { kind: 'scalar', type: 'bigint' },
  UBIGINT: { kind: 'scalar', type: 'bigint' },
  DOUBLE: { kind: 'scalar', type: 'double' },
};
const ANYTHING: Structure = { kind: 'scalar', type: 'json' };
const NO_FIELDS: Structure = { kind: 'object', fields: new Map() };

/** Every different structure of the rows of files; a row that is no object is left to the reader. */
export async function* readStructures(
  connection: DuckDBConnection,
  files: JsonFiles,
): AsyncIterable<Extract<Structure, { kind: 'object' }>> {
  const result = await connection.stream(`SELECT DISTINCT json_structure(json)::VARCHAR FROM ${jsonObjects(files)}`);
  for await (const chunk of result.yieldRows()) {
    for (const [text] of chunk) {
      const structure = toStructure(JSON.parse(String(text)) as Described);
      if (structure.kind === 'object') yield structure;
    }
  }
}

/** `isMerged`: describes several values, the elements of an array. Of a single one, `"JSON"` is said when it is `{}`. */
function toStructure(described: Described, isMerged = false): Structure {
  if (typeof described === 'string') return SCALARS[described] ?? (isMerged ? ANYTHING : NO_FIELDS);
  if (isArray(described)) return { kind: 'array', element: toStructure(described[0], true) };
  const fields = Object.entries(described).map(([key, value]) => [key, toStructure(value, isMerged)] as const);
  return { kind: 'object', fields: new Map(fields) };
}

function isArray(described: Described): described is readonly [Described] {
  return Array.isArray(described);
}
