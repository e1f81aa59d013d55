/**
 * The columns of the files to come: those that our lake has for a table, and those that the files at hand have beside
 * them. Types only widen: what does not fit one type is kept as the JSON text that it was.
 */
import type { Column, ColumnType, LakeDatabase, LakeTable } from '../../core/table.ts';
import { ERROR_VIEW_COLUMNS, MATCH_VIEW_COLUMNS, VIEW_COLUMNS } from '../tables.ts';
import type { Structure } from './structure.ts';

export interface TableSchema {
  /** Whether our lake has the table: its types stand, and rows that do not fit them are set apart. */
  readonly isKnown: boolean;
  readonly columns: readonly Column[];
}

const STANDARD: Readonly<Record<LakeDatabase, readonly Column[]>> = {
  panther_logs: VIEW_COLUMNS,
  panther_cloudsecurity: VIEW_COLUMNS,
  panther_rule_matches: MATCH_VIEW_COLUMNS,
  panther_rule_errors: ERROR_VIEW_COLUMNS,
};
const JSON_TEXT: ColumnType = { kind: 'scalar', type: 'json' };
/** Beyond these an object is a map of anything to anything: JSON text. */
const MAX_FIELDS = 200;
const MAX_DEPTH = 10;

export function initialSchema(known: LakeTable | undefined, database: LakeDatabase): TableSchema {
  const { columns, isKnown } = known ? { columns: known.columns, isKnown: true } : { columns: [], isKnown: false };
  const names = new Set(columns.map(({ name }) => name));
  const all = [...columns, ...STANDARD[database].filter(({ name }) => !names.has(name))];
  return { isKnown, columns: all.map(({ name, type }) => ({ name, type: readable(type) })) };
}

/** An object of which no field is known. */
function readable(type: ColumnType): ColumnType {
  if (type.kind === 'array') return { kind: 'array', element: readable(type.element) };
  if (type.kind === 'scalar') return type;
  if (type.fields.length === 0) return JSON_TEXT;
  return { kind: 'struct', fields: type.fields.map((field) => ({ name: field.name, type: readable(field.type) })) };
}

/** With the columns that the structure has beside those of the schema; what the lake declares does not change. */
export function extendSchema(schema: TableSchema, declared: TableSchema, found: Structure): TableSchema {
  if (found.kind !== 'object') return schema;
  return { ...schema, columns: mergeFields(schema.columns, declared.columns, found, 0) };
}

function mergeFields(
  columns: readonly Column[],
  declared: readonly Column[],
  { fields }: Extract<Structure, { kind: 'object' }>,
  depth: number,
): readonly Column[] {
  const fixed = new Map(declared.map(({ name, type }) => [name, type]));
  const merged = new Map(columns.map(({ name, type }) => [name, type]));
  for (const [name, structure] of fields) {
    merged.set(name, mergeType(merged.get(name), fixed.get(name), structure, depth + 1));
  }
  return [...merged].map(([name, type]) => ({ name, type }));
}

function mergeType(
  type: ColumnType | undefined,
  declared: ColumnType | undefined,
  found: Structure,
  depth: number,
): ColumnType {
  if (declared !== undefined) return type === undefined ? declared : extendDeclared(type, declared, found, depth);
  if (found.kind === 'null') return type ?? UNSEEN;
  if (type === undefined || type === UNSEEN) return typeOf(found, depth);
  if (type === NO_FIELDS && found.kind === 'object') return typeOf(found, depth);
  return widen(type, found, depth);
}

/** Only objects of the lake's types can get more fields. */
function extendDeclared(type: ColumnType, declared: ColumnType, found: Structure, depth: number): ColumnType {
  if (declared.kind === 'array' && type.kind === 'array' && found.kind === 'array') {
    return { kind: 'array', element: extendDeclared(type.element, declared.element, found.element, depth) };
  }
  if (declared.kind !== 'struct' || type.kind !== 'struct' || found.kind !== 'object') return type;
  const fields = mergeFields(type.fields, declared.fields, found, depth);
  return hasTwins(fields) ? type : { kind: 'struct', fields };
}

/** Of what was null, and of what was `{}`, in every row so far. The objects themselves are the marks. */
const UNSEEN: ColumnType = { kind: 'scalar', type: 'json' };
const NO_FIELDS: ColumnType = { kind: 'scalar', type: 'json' };

function widen(type: ColumnType, found: Structure, depth: number): ColumnType {
  if (type.kind === 'array' && found.kind === 'array') {
    return { kind: 'array', element: mergeType(type.element, undefined, found.element, depth) };
  }
  if (type.kind === 'struct' && found.kind === 'object') return struct(mergeFields(type.fields, [], found, depth));
  if (type.kind !== 'scalar') return JSON_TEXT;
  const other = typeOf(found, depth);
  if (other.kind !== 'scalar') return JSON_TEXT;
  if (other.type === type.type) return type;
  const isNumber = ({ type: one }: { readonly type: string }) => one === 'bigint' || one === 'double';
  return isNumber(type) && isNumber(other) ? { kind: 'scalar', type: 'double' } : JSON_TEXT;
}

function typeOf(found: Structure, depth: number): ColumnType {
  if (found.kind === 'null') return UNSEEN;
  if (found.kind === 'scalar') return { kind: 'scalar', type: found.type };
  if (depth > MAX_DEPTH) return JSON_TEXT;
  if (found.kind === 'array') return { kind: 'array', element: typeOf(found.element, depth + 1) };
  if (found.fields.size === 0) return NO_FIELDS;
  return struct([...found.fields].map(([name, field]) => ({ name, type: typeOf(field, depth + 1) })));
}

function struct(fields: readonly Column[]): ColumnType {
  return fields.length > MAX_FIELDS || hasTwins(fields) ? JSON_TEXT : { kind: 'struct', fields };
}

/** The engine cannot hold fields of one object whose names differ in case only, or are empty. */
function hasTwins(fields: readonly Column[]): boolean {
  return new Set(['', ...fields.map(({ name }) => name.toLowerCase())]).size !== fields.length + 1;
}

/** With JSON text in the place of whole numbers: some have more than 64 bits. */
export function withoutIntegers(schema: TableSchema, declared: TableSchema): TableSchema {
  return withText(schema, declared, ({ type }) => type === 'bigint');
}

type Scalar = Extract<ColumnType, { kind: 'scalar' }>;

/** With JSON text in the place of what the lake does not declare, where it is asked for. `path`: keys, outside in. */
export function withText(
  schema: TableSchema,
  declared: TableSchema,
  isText: (type: Scalar, path: readonly string[]) => boolean,
): TableSchema {
  const fixed = new Set(declared.columns.map(({ name }) => name));
  function replaced(type: ColumnType, path: readonly string[]): ColumnType {
    if (type.kind === 'scalar') return isText(type, path) ? JSON_TEXT : type;
    if (type.kind === 'array') return { kind: 'array', element: replaced(type.element, [...path, '']) };
    const fields = type.fields.map(({ name, type: field }) => ({ name, type: replaced(field, [...path, name]) }));
    return { kind: 'struct', fields };
  }
  const columns = schema.columns.map(({ name, type }) => ({
    name,
    type: fixed.has(name) ? type : replaced(type, [name]),
  }));
  return { ...schema, columns };
}
