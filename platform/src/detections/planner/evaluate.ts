/**
 * Reads and tests values of an event the way a rule's language does. Whatever would raise, or is not certain, is
 * UNSURE. Nothing here allocates per event, except for changing the case of a text.
 */
import type { Access, Condition, Fallback, Step, Test, TestCondition } from './condition.ts';

/** The rule would fail here, or we cannot tell. */
export const UNSURE: unique symbol = Symbol('unsure');

type Read = (event: object) => unknown;
type Apply = (value: unknown) => boolean | typeof UNSURE;
type Fields = Readonly<Record<string, unknown>>;

/** The value that the steps lead to, or UNSURE. */
export function compileAccess({ language, steps }: Access): Read {
  if (language === 'python') {
    const [first] = steps;
    if (steps.length === 1 && first?.by === 'get') {
      return (event) => orElse(get(event as Fields, first.key), first.fallback);
    }
    return (event) => readPython(event, steps);
  }
  const [only] = steps;
  if (steps.length === 1 && only?.by === 'member') return (event) => plain(own(event as Fields, only.key));
  return (event) => plain(readTypeScript(event, steps));
}

function readPython(event: object, steps: readonly Step[]): unknown {
  let value: unknown = event;
  for (const step of steps) {
    value = applyPython(value, step);
    if (value === UNSURE) return UNSURE;
  }
  return value;
}

function applyPython(value: unknown, step: Step): unknown {
  switch (step.by) {
    case 'get':
      if (!isMap(value)) return UNSURE;
      return orElse(get(value, step.key), step.fallback);
    case 'item':
      return isMap(value) ? orElse(get(value, step.key), UNSURE) : UNSURE;
    case 'deep':
      return deepGet(value, step);
    case 'udm':
      return readUdm(value, step);
    case 'or':
      return isTruthyPython(value) ? value : step.fallback;
    case 'lower':
    case 'upper':
      return changeCase(value, step.by);
    default:
      return UNSURE;
  }
}

function deepGet(event: unknown, { keys, fallback, isHelper }: Step & { by: 'deep' }): unknown {
  let value = event;
  for (const key of keys) value = isMap(value) ? orElse(get(value, key), fallback) : fallback;
  if (value !== null) return value;
  return isHelper && fallback !== null ? UNSURE : fallback;
}

/** A name that the model lacks is looked for in the event. */
function readUdm(event: unknown, { name, fallback, path }: Step & { by: 'udm' }): unknown {
  if (path === undefined || !isMap(event)) return UNSURE;
  if (path !== null) return orElse(follow(event, path), fallback);
  const ownUdm = get(event, 'p_udm');
  const inUdm = isMap(ownUdm) ? get(ownUdm, name) : undefined;
  if (isTruthyPython(inUdm)) return inUdm;
  const value = get(event, name);
  return isTruthyPython(value) ? value : fallback;
}

/** Names of a path are as they are written. */
function follow(event: Fields, path: readonly string[]): unknown {
  let value: unknown = event;
  for (const key of path) value = isMap(value) ? own(value, key) : undefined;
  return value;
}

function readTypeScript(event: object, steps: readonly Step[]): unknown {
  let value: unknown = event;
  let isCut = false;
  for (const step of steps) {
    if (step.by === 'end') isCut = false;
    if (isCut) continue;
    if (step.by === 'member' && step.isOptional && (value === undefined || value === null)) {
      isCut = true;
      value = undefined;
      continue;
    }
    value = applyTypeScript(value, step);
    if (value === UNSURE) return UNSURE;
  }
  return value;
}

function applyTypeScript(value: unknown, step: Step): unknown {
  switch (step.by) {
    case 'member':
      return isMap(value) ? own(value, step.key) : UNSURE;
    case 'deep':
      return step.keys.reduce<unknown>((current, key) => (isMap(current) ? own(current, key) : undefined), value);
    case 'nullish':
      return value === undefined || value === null ? step.fallback : value;
    case 'or':
      return value ? value : step.fallback;
    case 'lower':
    case 'upper':
      return changeCase(value, step.by);
    case 'end':
      return value;
    default:
      return UNSURE;
  }
}

/** Languages change the case of letters outside of ASCII differently. */
function changeCase(value: unknown, to: 'lower' | 'upper'): unknown {
  if (typeof value !== 'string') return UNSURE;
  for (let index = 0; index < value.length; index += 1) if (value.charCodeAt(index) > 127) return UNSURE;
  return to === 'lower' ? value.toLowerCase() : value.toUpperCase();
}

function orElse(value: unknown, fallback: Fallback | typeof UNSURE | undefined): unknown {
  return value === undefined ? fallback : value;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** TypeScript rules get the event as JSON: their big integers are numbers. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function own(map: Fields, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Python's lookup: the key as written, else the first that differs only in case. */
function get(map: Fields, key: string): unknown {
  const value = own(map, key);
  if (value !== undefined) return value;
  for (const name in map) if (isSameIgnoringCase(name, key) && map[name] !== undefined) return map[name];
  return undefined;
}

/** `key` has only ASCII letters; of all others only the Kelvin sign has one of those as its small letter. */
function isSameIgnoringCase(name: string, key: string): boolean {
  if (name.length !== key.length) return false;
  for (let index = 0; index < key.length; index += 1) {
    if (small(name.charCodeAt(index)) !== small(key.charCodeAt(index))) return false;
  }
  return true;
}

function small(code: number): number {
  if (code >= 65 && code <= 90) return code + 32;
  return code === 0x212a ? 107 : code;
}

/** Result of a test on a value. */
export function compileTest(language: Access['language'], test: Test): Apply {
  const isPython = language === 'python';
  switch (test.is) {
    case 'in':
      return inTest(test, isPython);
    case 'same':
      return (value) => value === test.value;
    case 'startsWith':
      return (value) => (typeof value === 'string' ? test.values.some((one) => value.startsWith(one)) : UNSURE);
    case 'endsWith':
      return (value) => (typeof value === 'string' ? test.values.some((one) => value.endsWith(one)) : UNSURE);
    case 'contains':
      return (value) => contains(value, test.value, isPython);
    case 'typeof':
      return (value) => typeof value === test.name;
    case 'truthy':
      return isPython ? isTruthyPython : Boolean;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'nullish':
      return (value) => value === null || value === undefined;
    case 'undefined':
      return (value) => value === undefined;
    default:
      return compareTest(test.is, test.value, isPython);
  }
}

function inTest({ values, isHashed }: Test & { is: 'in' }, isPython: boolean): Apply {
  const keys = new Set(values.map((one) => indexKey(one, isPython)));
  return (value) => {
    if (typeof value === 'object' && value !== null) return isHashed ? UNSURE : false;
    return keys.has(indexKey(value, isPython));
  };
}

/** Equal values have equal keys: in Python `True == 1 == 1.0`. */
export function indexKey(value: unknown, isPython: boolean): unknown {
  if (!isPython) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'bigint' ? Number(value) : value;
}

function contains(value: unknown, part: string, isPython: boolean): boolean | typeof UNSURE {
  if (typeof value === 'string') return value.includes(part);
  if (Array.isArray(value)) return value.includes(part);
  if (isPython && isMap(value)) return isAscii(part) ? get(value, part) !== undefined : UNSURE;
  return UNSURE;
}

export function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function compareTest(is: Test['is'], limit: number, isPython: boolean): Apply {
  return (given) => {
    const value = isPython && typeof given === 'boolean' ? Number(given) : given;
    if (typeof value !== 'number' && typeof value !== 'bigint') return UNSURE;
    if (is === 'less') return value < limit;
    if (is === 'lessOrEqual') return value <= limit;
    return is === 'greater' ? value > limit : value >= limit;
  };
}

function isTruthyPython(value: unknown): boolean {
  if (!value) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (!isMap(value)) return true;
  for (const key in value) if (value[key] !== undefined) return true;
  return false;
}

/** Values by access, e.g. of the event at hand. */
export type Reader = () => unknown;

/** `read` gives the reader of an access; the result tells whether the condition holds for what is read. */
export function compileCondition(condition: Condition, read: (access: Access) => Reader): () => boolean {
  switch (condition.op) {
    case 'true':
      return () => true;
    case 'false':
      return () => false;
    case 'test':
      return compileLeaf(condition, read(condition));
    default: {
      const parts = condition.of.map((one) => compileCondition(one, read));
      return condition.op === 'and' ? every(parts) : some(parts);
    }
  }
}

function every(parts: readonly (() => boolean)[]): () => boolean {
  return () => {
    for (const part of parts) if (!part()) return false;
    return true;
  };
}

function some(parts: readonly (() => boolean)[]): () => boolean {
  return () => {
    for (const part of parts) if (part()) return true;
    return false;
  };
}

function compileLeaf({ language, test, when }: TestCondition, read: Reader): () => boolean {
  const apply = compileTest(language, test);
  const wanted = when === 'unsure' ? UNSURE : when === 'true';
  return () => {
    const value = read();
    if (value === UNSURE) return true;
    const result = apply(value);
    return result === UNSURE || result === wanted;
  };
}

/** Whether the condition holds for one event. For many events and rules: `createRuleIndex`. */
export function holds(condition: Condition, event: object): boolean {
  return compileCondition(condition, (access) => {
    const reach = compileAccess(access);
    return () => reach(event);
  })();
}
