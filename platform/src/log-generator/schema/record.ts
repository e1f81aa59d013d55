/** A record of a log type, made from its schema: every field a believable value, and what the schema checks holds. */
import type { Condition, FieldTest } from '../../log-analysis/conditions.ts';
import { compileGrok } from '../../log-analysis/parsers/grok.ts';
import type { FieldSpec, LogType, ValueSpec } from '../../log-analysis/schema.ts';
import { timeFormatsOf } from '../../log-analysis/schema.ts';
import type { Random } from '../random.ts';
import { compileRegexText } from './regex-text.ts';
import { timeText } from './time-text.ts';
import { floatValue, inputName, integerValue, jsonValue, textValue } from './values.ts';

export type Fields = Record<string, unknown>;
export type MakeRecord = (random: Random, time: Date) => Fields;

/** Values seen in samples of the log type, by the path of the field. */
export type SampleValues = ReadonlyMap<string, readonly [unknown, ...unknown[]]>;

/** How often a field is there that need not be. */
const OPTIONAL = 0.75;

export function recordMaker(logType: LogType, samples: SampleValues): MakeRecord {
  const { check = [], extract = [] } = logType.spec;
  const eventTimes = new Set(logType.spec.eventTime ?? []);
  const extracted = extract.map(({ from, pattern }) => {
    const { regex, groups } = compileGrok(pattern);
    return { from, names: new Map(groups), write: compileRegexText(regex.source) };
  });
  const inner = new Set(extracted.flatMap(({ names }) => [...names.values()]));

  function fill(target: Fields, fields: readonly FieldSpec[], path: string, scope: Scope): void {
    for (const field of fields) {
      const isTime = field.isEventTime === true || (path === '' && eventTimes.has(field.name));
      if (!field.required && !isTime && !scope.random.chance(OPTIONAL)) continue;
      const value = valueFor(field, field.name, `${path}${inputName(field)}`, { ...scope, isEventTime: isTime });
      if (field.copy !== undefined) setAt(scope.root, field.copy.from, value);
      else define(target, inputName(field), value);
    }
  }

  function valueFor(spec: ValueSpec, name: string, path: string, scope: Scope): unknown {
    const { random } = scope;
    if (spec.type === 'object') {
      const object: Fields = {};
      fill(object, spec.fields ?? [], `${path}.`, scope);
      return spec.isEmbeddedJSON ? JSON.stringify(object) : object;
    }
    if (spec.type === 'array') {
      const element = spec.element ?? { type: 'string' as const };
      const list = Array.from({ length: random.int(1, 3) }, () => valueFor(element, name, `${path}[]`, scope));
      if (spec.separator !== undefined) return list.map(String).join(spec.separator);
      return spec.isEmbeddedJSON ? JSON.stringify(list) : list;
    }
    return scalarOf(spec, name, path, scope, samples);
  }

  return (random, time) => {
    const root: Fields = {};
    fill(root, logType.fields, '', { random, time, root, isEventTime: false });
    for (const { from, names, write } of extracted) {
      root[from] = write(random, (group) => textOf(root[names.get(group) ?? '']));
    }
    for (const name of inner) delete root[name];
    for (const condition of check) satisfy(root, condition, random);
    return root;
  };
}

interface Scope {
  readonly random: Random;
  readonly time: Date;
  readonly root: Fields;
  readonly isEventTime: boolean;
}

function scalarOf(spec: ValueSpec, name: string, path: string, scope: Scope, samples: SampleValues): unknown {
  const { random } = scope;
  const { allow, pattern } = spec.validate ?? {};
  if (allow !== undefined) return allow[random.int(0, allow.length - 1)];
  if (spec.type === 'timestamp' || spec.timeFormat !== undefined) return timeOf(spec, scope);
  const sampled = samples.get(path);
  if (sampled !== undefined && spec.indicators === undefined && random.chance(0.8)) return random.pick(sampled);
  switch (spec.type) {
    case 'int':
    case 'smallint':
    case 'bigint':
      return integerValue(spec, name, random);
    case 'float':
      return floatValue(spec, name, random);
    case 'boolean':
      return random.chance(0.5);
    case 'json':
      return spec.isEmbeddedJSON ? JSON.stringify(jsonValue(spec, random)) : jsonValue(spec, random);
    default:
      return pattern === undefined ? textValue(spec, name, random) : compileRegexText(pattern)(random);
  }
}

/** Times other than that of the event are a little earlier. */
function timeOf(spec: ValueSpec, { random, time, isEventTime }: Scope): unknown {
  const earlierMs = isEventTime ? 0 : random.int(0, 5) * 1_000;
  const [format = 'rfc3339'] = timeFormatsOf(spec);
  const value = timeText(format, new Date(time.getTime() - earlierMs));
  return spec.type === 'string' ? String(value) : value;
}

/** Changes the record so that the condition holds, as far as that can be done without looking further. */
function satisfy(record: Fields, condition: Condition, random: Random): void {
  if ('all' in condition) {
    for (const each of condition.all) satisfy(record, each, random);
  } else if ('any' in condition) {
    const chosen = condition.any[random.int(0, condition.any.length - 1)];
    if (chosen !== undefined) satisfy(record, chosen, random);
  } else if ('not' in condition) {
    if ('field' in condition.not) setAt(record, pathOf(condition.not), undefined);
  } else {
    satisfyTest(record, condition, random);
  }
}

function satisfyTest(record: Fields, test: FieldTest, random: Random): void {
  const path = pathOf(test);
  const value = getAt(record, path);
  if (test.equals !== undefined) setAt(record, path, test.equals);
  else if (test.in !== undefined) setAt(record, path, test.in[random.int(0, test.in.length - 1)]);
  else if (test.exists === false) setAt(record, path, undefined);
  else if (test.pattern !== undefined) setAt(record, path, compileRegexText(test.pattern)(random));
  else if (test.min !== undefined || test.max !== undefined) {
    const least = test.min ?? Math.min(0, test.max ?? 0);
    setAt(record, path, random.int(Math.ceil(least), Math.floor(test.max ?? least + 100)));
  } else if (test.startsWith !== undefined || test.endsWith !== undefined) {
    setAt(record, path, `${test.startsWith ?? ''}${random.pick(['amber', 'birch', 'cedar'])}${test.endsWith ?? ''}`);
  } else if (value === undefined && test.exists === true) setAt(record, path, random.pick(['amber', 'birch', 'cedar']));
}

function pathOf({ field }: FieldTest): readonly string[] {
  return typeof field === 'string' ? [field] : field;
}

function getAt(record: Fields, path: readonly string[]): unknown {
  let value: unknown = record;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

function setAt(record: Fields, path: readonly string[], value: unknown): void {
  const last = path.at(-1);
  let target = record;
  for (const key of path.slice(0, -1)) {
    const next = target[key];
    if (isObject(next)) target = next;
    else if (value === undefined) return;
    else {
      const made: Fields = {};
      define(target, key, made);
      target = made;
    }
  }
  if (last === undefined) return;
  if (value === undefined) delete target[last];
  else define(target, last, value);
}

/** Sets a property whatever its name is (`__proto__` too). */
function define(target: Fields, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands in a text format for a value. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
