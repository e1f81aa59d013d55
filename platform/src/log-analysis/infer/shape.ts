/** What records look like, gathered one by one and merged. Memory depends on the number of fields, not of records. */
import { addText, newTextStats, type TextStats } from './text-stats.ts';

export interface Shape {
  /** How often each kind of value was seen. */
  nulls: number;
  booleans: number;
  integers: number;
  floats: number;
  texts: number;
  objects: number;
  arrays: number;
  /** Of numbers. */
  min: number;
  max: number;
  /** An integer that 64 bits do not hold. */
  isBeyond64: boolean;
  text: TextStats | undefined;
  /** In the order in which they were first seen. */
  readonly fields: Map<string, Shape>;
  element: Shape | undefined;
  /** It has more names than a schema should: a map, not an object. */
  isMap: boolean;
}

/** How many fields there may still be, over the whole log. */
export interface Budget {
  left: number;
}

/** More names than these in an inner object are data. */
const MAX_FIELDS = 256;
const MAX_ROOT_FIELDS = 2_000;
/** Deeper values are free-form. */
const MAX_DEPTH = 60;
const MAX_64 = 2n ** 63n - 1n;

export function newShape(): Shape {
  return {
    nulls: 0,
    booleans: 0,
    integers: 0,
    floats: 0,
    texts: 0,
    objects: 0,
    arrays: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    isBeyond64: false,
    text: undefined,
    fields: new Map(),
    element: undefined,
    isMap: false,
  };
}

export function addValue(shape: Shape, value: unknown, budget: Budget, depth = 0): void {
  switch (typeof value) {
    case 'boolean':
      shape.booleans += 1;
      return;
    case 'number':
    case 'bigint':
      addNumber(shape, value);
      return;
    case 'string':
      shape.texts += 1;
      shape.text ??= newTextStats();
      addText(shape.text, value);
      return;
    case 'undefined':
      return;
  }
  if (value === null) shape.nulls += 1;
  else if (Array.isArray(value)) addArray(shape, value, budget, depth);
  else addObject(shape, value as Readonly<Record<string, unknown>>, budget, depth);
}

function addNumber(shape: Shape, value: number | bigint): void {
  if (typeof value === 'number' && !Number.isInteger(value)) shape.floats += 1;
  else shape.integers += 1;
  if (typeof value === 'bigint') shape.isBeyond64 ||= value > MAX_64 || value < -MAX_64 - 1n;
  else if (Math.abs(value) >= 2 ** 63 && Number.isInteger(value)) shape.isBeyond64 = true;
  shape.min = Math.min(shape.min, Number(value));
  shape.max = Math.max(shape.max, Number(value));
}

function addArray(shape: Shape, list: readonly unknown[], budget: Budget, depth: number): void {
  shape.arrays += 1;
  if (depth >= MAX_DEPTH) {
    shape.isMap = true;
    return;
  }
  if (list.length === 0) return;
  shape.element ??= newShape();
  for (const item of list) addValue(shape.element, item, budget, depth + 1);
}

function addObject(shape: Shape, object: Readonly<Record<string, unknown>>, budget: Budget, depth: number): void {
  shape.objects += 1;
  if (shape.isMap) return;
  const most = depth === 0 ? MAX_ROOT_FIELDS : MAX_FIELDS;
  for (const [name, value] of Object.entries(object)) {
    let field = shape.fields.get(name);
    if (field === undefined) {
      if (depth >= MAX_DEPTH || shape.fields.size >= most || budget.left <= 0) {
        shape.isMap = true;
        if (depth > 0) forget(shape, budget);
        return;
      }
      budget.left -= 1;
      field = newShape();
      shape.fields.set(name, field);
    }
    addValue(field, value, budget, depth + 1);
  }
}

function forget(shape: Shape, budget: Budget): void {
  budget.left += shape.fields.size;
  shape.fields.clear();
}
