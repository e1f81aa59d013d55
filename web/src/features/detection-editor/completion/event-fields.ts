/** The fields of a log type's events, with the fields inside of them, read from the types of its columns. */
import type { ColumnInfo } from '@panther/platform/contract';

export interface EventField {
  readonly name: string;
  /** `string`, `object`, `list of objects`, … */
  readonly type: string;
  readonly description: string;
  readonly fields: readonly EventField[];
}

export function fieldsOfColumns(columns: readonly ColumnInfo[]): readonly EventField[] {
  return columns.map(({ name, type, description = '' }) => fieldOf(name, type, description));
}

/** Fields of several log types, each name once, in the order of the first that has it. */
export function mergeFields(lists: readonly (readonly EventField[])[]): readonly EventField[] {
  const byName = new Map<string, EventField>();
  for (const field of lists.flat()) {
    const known = byName.get(field.name);
    byName.set(field.name, known === undefined ? field : joined(known, field));
  }
  return [...byName.values()];
}

function joined(one: EventField, other: EventField): EventField {
  return {
    ...one,
    description: one.description || other.description,
    fields: mergeFields([one.fields, other.fields]),
  };
}

/** What is inside of a path; the path's last element may be a list of objects. */
export function fieldsAt(fields: readonly EventField[], path: readonly string[]): readonly EventField[] {
  let inside = fields;
  for (const name of path) {
    inside = inside.find((field) => field.name.toLowerCase() === name.toLowerCase())?.fields ?? [];
  }
  return inside;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  varchar: 'string',
  timestamp: 'string',
  boolean: 'boolean',
  json: 'Json',
};

/** The type that `panther types` writes for a field: what TypeScript rules are checked against. */
export function typescriptType({ type, fields }: Pick<EventField, 'type' | 'fields'>): string {
  if (fields.length > 0) return type === 'object' ? '{ … }' : 'ReadonlyArray<{ … }>';
  const element = /^array<(.*)>$/i.exec(type)?.[1] ?? /^(.*)\[\]$/.exec(type)?.[1];
  if (element !== undefined) return `ReadonlyArray<${typescriptType({ type: element, fields })}>`;
  if (/^(tinyint|smallint|int|integer|bigint|float|double|decimal\b.*)$/i.test(type)) return 'number';
  return TYPES[type.toLowerCase()] ?? 'Json';
}

/** Every path with dots in it, as Sigma names fields; objects are followed `depth` levels. */
export function dottedFields(
  fields: readonly EventField[],
  depth = 4,
): readonly { readonly path: string; readonly field: EventField }[] {
  return fields.flatMap((field) => [
    { path: field.name, field },
    ...(depth <= 1
      ? []
      : dottedFields(field.fields, depth - 1).map((inner) => ({ ...inner, path: `${field.name}.${inner.path}` }))),
  ]);
}

function fieldOf(name: string, type: string, description: string): EventField {
  const inside = structOf(type.trim());
  if (inside === undefined) return { name, type, description, fields: [] };
  const fields = topLevelParts(inside).flatMap((part) => {
    const found = /^(?:"((?:[^"]|"")*)"|(\S+))\s+([\s\S]+)$/.exec(part.trim());
    if (found?.[3] === undefined) return [];
    return [fieldOf(found[1]?.replaceAll('""', '"') ?? found[2] ?? '', found[3], '')];
  });
  return { name, type: /^array|\[\]$/i.test(type.trim()) ? 'list of objects' : 'object', description, fields };
}

/** What stands in `struct<…>`, `STRUCT(…)`, or a list of them; undefined for other types. */
function structOf(type: string): string | undefined {
  const list = /^array\s*<([\s\S]*)>$/i.exec(type)?.[1] ?? /^([\s\S]*)\[\]$/.exec(type)?.[1];
  if (list !== undefined) return structOf(list.trim());
  return /^struct\s*[<(]([\s\S]*)[>)]$/i.exec(type)?.[1];
}

/** Splits at the commas that stand in no bracket and no quotes. */
function topLevelParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if (character === '(' || character === '<') depth += 1;
    if (character === ')' || character === '>') depth -= 1;
    if (character !== ',' || depth > 0) continue;
    parts.push(text.slice(start, index));
    start = index + 1;
  }
  return [...parts, text.slice(start)].filter((part) => part.trim() !== '');
}
