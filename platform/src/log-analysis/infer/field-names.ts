/** Names that a schema can use for the names that records use. */
import { normaliseColumnName } from '../column-names.ts';

export interface NamedField {
  readonly name: string;
  /** How the record is read, where the name alone does not say it. */
  readonly rename?: { readonly from: string };
  readonly copy?: { readonly from: string[] };
}

/** Gives each name of an object one of its own; `undefined` when a name cannot be read by a schema. */
export function fieldNames(names: readonly string[], isRoot: boolean): readonly NamedField[] | undefined {
  const taken = new Set<string>();
  const fields: NamedField[] = [];
  for (const from of names) {
    if (from === '' && !isRoot) return undefined;
    const name = unused(from, isRoot, taken);
    if (from === '') fields.push({ name, copy: { from: [''] } });
    else fields.push(name === from ? { name } : { name, rename: { from } });
  }
  return fields;
}

function acceptable(name: string, isRoot: boolean): string {
  const column = normaliseColumnName(name);
  if (column === '' || column === '__proto__' || /^[_-]*$/.test(column))
    return column === '__proto__' ? 'proto' : 'unnamed';
  return isRoot && column.startsWith('p_') ? `field_${name}` : name;
}

/** Columns do not differ in case alone. */
function unused(from: string, isRoot: boolean, taken: Set<string>): string {
  const name = acceptable(from, isRoot);
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : acceptable(`${name}_${number}`, isRoot);
    const column = normaliseColumnName(candidate).toLowerCase();
    if (taken.has(column)) continue;
    taken.add(column);
    return candidate;
  }
}
