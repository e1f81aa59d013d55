/** Which of many fields an event may have, found through the names that are in the event: fields it lacks cost nothing. */
import type { Path } from './fields.ts';
import { toPlace } from './text-parts.ts';

export interface Presence {
  /** Calls `found` with the index of each field that may have a value, once. */
  scan(event: object, found: (field: number) => void): void;
}

interface Node {
  readonly fields: number[];
  readonly below: Map<string, Node>;
}

/** @param fields The places of each field. */
export function createPresence(fields: readonly (readonly Path[])[]): Presence {
  const root = newNode();
  const dotted = new Map<string, number[]>();
  for (const [index, paths] of fields.entries()) for (const path of paths) add(toPlace(path).path, index);
  const seenAt = new Float64Array(fields.length);
  let stamp = 0;

  function add(path: Path, index: number): void {
    const keys = path.split('.');
    if (keys.length > 1) dotted.set(path, [...(dotted.get(path) ?? []), index]);
    let node = root;
    for (const key of keys) {
      const next = node.below.get(key) ?? newNode();
      node.below.set(key, next);
      node = next;
    }
    node.fields.push(index);
  }

  function tell(indexes: readonly number[], found: (field: number) => void): void {
    for (let at = 0; at < indexes.length; at += 1) {
      const index = indexes[at] as number;
      if (seenAt[index] === stamp) continue;
      seenAt[index] = stamp;
      found(index);
    }
  }

  function walk(node: Node, map: object, found: (field: number) => void): void {
    for (const key in map) {
      const next = node.below.get(key);
      if (next !== undefined) visit(next, (map as Readonly<Record<string, unknown>>)[key], found);
      else if (node === root && dotted.size > 0 && key.includes('.')) tell(dotted.get(key) ?? [], found);
    }
  }

  function visit(node: Node, value: unknown, found: (field: number) => void): void {
    if (value === undefined || value === null) return;
    if (node.fields.length > 0) tell(node.fields, found);
    if (typeof value === 'object' && node.below.size > 0) enter(node, value, found);
  }

  function enter(node: Node, value: object, found: (field: number) => void): void {
    if (!Array.isArray(value)) walk(node, value, found);
    else for (const one of value) if (typeof one === 'object' && one !== null) enter(node, one, found);
  }

  return {
    scan(event, found) {
      stamp += 1;
      walk(root, event, found);
    },
  };
}

function newNode(): Node {
  return { fields: [], below: new Map() };
}
