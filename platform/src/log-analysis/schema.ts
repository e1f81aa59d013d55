/**
 * The schema language of log types: YAML in the format of Panther's custom logs (version 0) and additions to it, so
 * that a log type never needs code. Every part of the language is described where it is declared here.
 *
 * This file is long because the language and the checks that go beyond shapes are read together.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { normaliseColumnName } from './column-names.ts';
import { conditionSchema } from './conditions.ts';
import { SCANNERS } from './indicators.ts';
import { parserSchema } from './parsers/index.ts';
import { compileTimeFormat } from './timestamps.ts';

export const FIELD_TYPES = [
  'string',
  'object',
  'array',
  'json',
  'int',
  'smallint',
  'bigint',
  'float',
  'boolean',
  'timestamp',
  'ref',
] as const;

const scannerSchema = z.enum(Object.keys(SCANNERS) as [keyof typeof SCANNERS, ...(keyof typeof SCANNERS)[]]);

/** A scanner, or a scanner with the condition under which it applies and, for `json`, the keys whose values it reads. */
const indicatorSchema = z.union([
  scannerSchema,
  z.strictObject({
    type: scannerSchema,
    /** Over the object that the field is in. */
    when: conditionSchema.optional(),
    /** For a `json` field: the keys of it to read. */
    keys: z.array(z.string()).min(1).optional(),
  }),
]);

const validateSchema = z.strictObject({
  allow: z.array(z.string()).min(1).optional(),
  deny: z.array(z.string()).min(1).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** A regular expression that the text has to match somewhere. */
  pattern: z.string().optional(),
});

const timeFormatSchema = z.union([z.string(), z.array(z.string()).min(1)]);

const valueShape = {
  type: z.enum(FIELD_TYPES),
  description: z.string().optional(),
  get fields() {
    return z.array(fieldSchema).min(1).optional();
  },
  get element() {
    return valueSchema.optional();
  },
  target: z.string().optional(),
  timeFormat: timeFormatSchema.optional(),
  isEventTime: z.boolean().optional(),
  /** For a time format without a year: the clock's (default), or the most recent that fits. */
  year: z.enum(['current', 'recent']).optional(),
  indicators: z.array(indicatorSchema).min(1).optional(),
  validate: validateSchema.optional(),
  /** Texts that mean "no value". */
  emptyValues: z.array(z.string()).optional(),
  /** Removed from the end of the text. */
  trimSuffix: z.string().min(1).optional(),
  /** For an array: text is split at it. */
  separator: z.string().min(1).optional(),
  /** For `json`: keep a JSON null (default) or leave it out. */
  keepNull: z.boolean().optional(),
  /** For `json`, objects and arrays: the value is JSON in a string. */
  isEmbeddedJSON: z.boolean().optional(),
};

export interface ValueSpec {
  type: (typeof FIELD_TYPES)[number];
  description?: string | undefined;
  fields?: FieldSpec[] | undefined;
  element?: ValueSpec | undefined;
  target?: string | undefined;
  timeFormat?: string | string[] | undefined;
  isEventTime?: boolean | undefined;
  year?: 'current' | 'recent' | undefined;
  indicators?: z.infer<typeof indicatorSchema>[] | undefined;
  validate?: z.infer<typeof validateSchema> | undefined;
  emptyValues?: string[] | undefined;
  trimSuffix?: string | undefined;
  separator?: string | undefined;
  keepNull?: boolean | undefined;
  isEmbeddedJSON?: boolean | undefined;
}

export interface FieldSpec extends ValueSpec {
  name: string;
  required?: boolean | undefined;
  /** The value is under another name in the record. */
  rename?: { from: string } | undefined;
  /** The value is elsewhere: a path from the record's root; `[]` is the whole record. */
  copy?: { from: string[] } | undefined;
}

const valueSchema: z.ZodType<ValueSpec> = z.lazy(() => z.strictObject(valueShape));
const fieldSchema: z.ZodType<FieldSpec> = z.lazy(() =>
  z.strictObject({
    name: z.string().min(1),
    required: z.boolean().optional(),
    rename: z.strictObject({ from: z.string().min(1) }).optional(),
    copy: z.strictObject({ from: z.array(z.string()) }).optional(),
    ...valueShape,
  }),
);

const NAME = /^[A-Z][A-Za-z0-9]+(\.[A-Z][A-Za-z0-9]+){0,2}$/;

const logTypeSchema = z.strictObject({
  schema: z.string().regex(NAME, 'must be a name such as Custom.Orders'),
  version: z.literal(0).optional(),
  description: z.string().optional(),
  referenceURL: z.string().optional(),
  parser: parserSchema.optional(),
  definitions: z
    .record(z.string().regex(/^[A-Z][A-Za-z0-9]+$/, 'must start with a capital letter'), valueSchema)
    .optional(),
  /** Fields that give the event time, first one with a value wins; default: the `isEventTime` fields in their order. */
  eventTime: z.array(z.string()).min(1).optional(),
  /** All must hold for a record to be of this type; over the record as parsed. */
  check: z.array(conditionSchema).min(1).optional(),
  /** Values inside a text value: groups of a pattern (`%{PATTERN:name}` or `(?<name>…)`) become values of the record. */
  extract: z
    .array(z.strictObject({ from: z.string(), pattern: z.string(), required: z.boolean().optional() }))
    .min(1)
    .optional(),
  fields: z.array(fieldSchema).min(1),
});

export type LogTypeSpec = z.infer<typeof logTypeSchema>;
export type IndicatorSpec = z.infer<typeof indicatorSchema>;

/** A valid log type: references are resolved, names do not collide. */
export interface LogType {
  readonly name: string;
  readonly description: string;
  readonly referenceUrl: string;
  /** Where it was read from. */
  readonly file: string;
  /** As written, for showing and editing. */
  readonly text: string;
  readonly spec: LogTypeSpec;
  /** The fields with every `ref` replaced by what it refers to. */
  readonly fields: readonly FieldSpec[];
}

/** Log types by name, in ascending order of their names. */
export type LogTypes = ReadonlyMap<string, LogType>;

/** Deepest nesting of objects and arrays in a schema. */
const MAX_NESTING = 64;

interface ReadSchema {
  /** Of its right shape, when there are no mistakes. */
  readonly spec: LogTypeSpec;
  readonly mistakes: readonly UserError[];
  readonly fail: Scope['fail'];
}

function readSchema(text: string, file: string): ReadSchema {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });

  function mistake(message: string, path: readonly PropertyKey[]): UserError {
    return new UserError(message, {
      file,
      line: lineOf(path),
      ...(path.length === 0 ? {} : { field: path.join('.') }),
    });
  }
  /** The line of the deepest node on the path that exists. */
  function lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = document.getIn(path.slice(0, length), true);
      if (hasRange(node)) return lines.linePos(node.range[0]).line;
    }
    return 1;
  }
  function fail(message: string, path: readonly PropertyKey[]): never {
    throw mistake(message, path);
  }

  const syntax = document.errors.map(
    ({ message, pos }) => new UserError(`not valid YAML: ${message}`, { file, line: lines.linePos(pos[0]).line }),
  );
  if (syntax.length > 0) return { spec: {} as LogTypeSpec, mistakes: syntax, fail };
  const parsed = logTypeSchema.safeParse(document.toJS());
  const issues = parsed.success ? [] : parsed.error.issues.flatMap((issue) => deepest([issue]));
  return {
    spec: parsed.data as LogTypeSpec,
    mistakes: issues.map((issue) => mistake(issue.message, issue.path)),
    fail,
  };
}

/** Every mistake of a schema, with file, line and field; of those that show only when the rest is right, the first. */
export function schemaMistakes(text: string, file: string): readonly UserError[] {
  const { mistakes } = readSchema(text, file);
  if (mistakes.length > 0) return mistakes;
  try {
    loadSchema(text, file);
    return [];
  } catch (error) {
    if (error instanceof UserError) return [error];
    throw error;
  }
}

/**
 * Reads one schema (YAML or JSON). Throws a `UserError` with file, line and field.
 *
 * @example loadSchema('schema: Custom.Orders\nfields:\n  - {name: id, type: string, required: true}', 'orders.yml').name
 */
export function loadSchema(text: string, file: string): LogType {
  const { spec, mistakes, fail } = readSchema(text, file);
  const [mistake] = mistakes;
  if (mistake !== undefined) throw mistake;
  const fields = resolveFields(spec.fields, { definitions: spec.definitions ?? {}, fail, targets: [], depth: 0 }, [
    'fields',
  ]);
  for (const [index, name] of (spec.eventTime ?? []).entries()) {
    if (!fields.some((field) => field.name === name && isTime(field))) {
      fail(`eventTime names ${name}, which is not a timestamp field`, ['eventTime', index]);
    }
  }
  return {
    name: spec.schema,
    description: spec.description ?? '',
    referenceUrl: spec.referenceURL ?? '',
    file,
    text,
    spec,
    fields,
  };
}

/**
 * Reads every `<name>.yml` under a folder (`*.samples.yml` are not schemas), then `extra`, whose types replace those of
 * the same name.
 */
export function loadLogTypes(folder: string, extra: readonly LogType[] = []): LogTypes {
  const byName = new Map<string, LogType>();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of names.toSorted()) {
    if (!name.endsWith('.yml') || name.endsWith('.samples.yml')) continue;
    const file = join(folder, name);
    const logType = loadSchema(readFileSync(file, 'utf8'), file);
    const other = byName.get(logType.name);
    if (other !== undefined)
      throw new UserError(`log type ${logType.name} is also in ${other.file}: rename one`, { file });
    byName.set(logType.name, logType);
  }
  for (const logType of extra) byName.set(logType.name, logType);
  return new Map([...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

interface Scope {
  readonly definitions: Readonly<Record<string, ValueSpec>>;
  readonly fail: (message: string, path: readonly PropertyKey[]) => never;
  /** Definitions being resolved, to find cycles. */
  readonly targets: readonly string[];
  readonly depth: number;
}

function resolveFields(fields: readonly FieldSpec[], scope: Scope, path: readonly PropertyKey[]): readonly FieldSpec[] {
  const names = new Map<string, number>();
  return fields.map((field, index) => {
    const at = [...path, index];
    const column = normaliseColumnName(field.name);
    if (column === '') scope.fail(`the name "${field.name}" has no letter or digit in it`, [...at, 'name']);
    if (column.startsWith('p_') && scope.depth === 0) {
      scope.fail(`"${field.name}" collides with the standard fields: names must not start with p_`, [...at, 'name']);
    }
    if (column === '__proto__') scope.fail('a field cannot have this name', [...at, 'name']);
    if (names.has(column.toLowerCase())) scope.fail(`"${field.name}" is there twice`, [...at, 'name']);
    names.set(column.toLowerCase(), index);
    if (field.rename !== undefined && field.copy !== undefined) scope.fail('use rename or copy, not both', at);
    return { ...field, ...resolveValue(field, scope, at) };
  });
}

function resolveValue<T extends ValueSpec>(value: T, scope: Scope, path: readonly PropertyKey[]): T {
  if (scope.depth >= MAX_NESTING) scope.fail(`more than ${MAX_NESTING} levels of nesting`, path);
  const inner = { ...scope, depth: scope.depth + 1 };
  switch (value.type) {
    case 'ref':
      return resolveRef(value, scope, path);
    case 'object':
      if (value.fields === undefined)
        return scope.fail('an object needs fields; use type json for free-form values', path);
      checkValue(value, scope, path);
      return { ...value, fields: [...resolveFields(value.fields, inner, [...path, 'fields'])] };
    case 'array':
      if (value.element === undefined) return scope.fail('an array needs an element', path);
      checkValue(value, scope, path);
      return { ...value, element: resolveValue(value.element, inner, [...path, 'element']) };
    default:
      checkValue(value, scope, path);
      return value;
  }
}

function resolveRef<T extends ValueSpec>(value: T, scope: Scope, path: readonly PropertyKey[]): T {
  const { target = '' } = value;
  const definition = scope.definitions[target];
  if (definition === undefined) return scope.fail(`the target "${target}" is not among the definitions`, path);
  if (scope.targets.includes(target)) return scope.fail(`the definition ${target} refers to itself`, path);
  const next = { ...scope, targets: [...scope.targets, target] };
  return { ...value, ...resolveValue(definition, next, ['definitions', target]) };
}

function checkValue(value: ValueSpec, scope: Scope, path: readonly PropertyKey[]): void {
  const { type } = value;
  if (value.fields !== undefined && type !== 'object') scope.fail('only an object has fields', [...path, 'fields']);
  if (value.element !== undefined && type !== 'array') scope.fail('only an array has an element', [...path, 'element']);
  if (value.separator !== undefined && type !== 'array')
    scope.fail('only an array has a separator', [...path, 'separator']);
  checkTime(value, scope, path);
  for (const [index, indicator] of (value.indicators ?? []).entries()) {
    const name = typeof indicator === 'string' ? indicator : indicator.type;
    const keys = typeof indicator === 'string' ? undefined : indicator.keys;
    const at = [...path, 'indicators', index];
    if (keys !== undefined && type !== 'json') scope.fail('keys are for json fields', at);
    if (name === 'aws' ? type !== 'json' : keys === undefined && type !== 'string') {
      scope.fail(name === 'aws' ? 'the indicator aws is for json fields' : 'indicators are for string fields', at);
    }
  }
}

function checkTime(value: ValueSpec, scope: Scope, path: readonly PropertyKey[]): void {
  const at = [...path, 'timeFormat'];
  if (value.timeFormat !== undefined && !isTime(value)) scope.fail('only a timestamp has a timeFormat', at);
  if (value.isEventTime && !isTime(value))
    scope.fail('only a timestamp can be the event time', [...path, 'isEventTime']);
  for (const format of timeFormatsOf(value)) {
    try {
      compileTimeFormat(format, value.year);
    } catch (error) {
      scope.fail((error as Error).message, at);
    }
  }
}

/** A timestamp, or text that keeps its form and gives a time besides. */
function isTime(value: ValueSpec): boolean {
  return value.type === 'timestamp' || (value.type === 'string' && value.timeFormat !== undefined);
}

export function timeFormatsOf(value: ValueSpec): readonly string[] {
  const { timeFormat = 'rfc3339' } = value;
  return typeof timeFormat === 'string' ? [timeFormat] : timeFormat;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && Array.isArray((node as { range?: unknown }).range);
}

/** Of a wrong key, why it is wrong; inside a union, what the branch says that came furthest. */
function deepest(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const [issue] = issues;
  if (issue?.code === 'invalid_key') return issue.issues.map((inner) => ({ ...inner, path: issue.path }));
  if (issue?.code !== 'invalid_union' || issue.errors.length === 0) return issues;
  const branches = issue.errors.map((branch) => deepest(branch)).filter((branch) => branch.length > 0);
  const best = branches.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0]?.[0];
  return best === undefined || best.path.length === 0 ? issues : [{ ...best, path: [...issue.path, ...best.path] }];
}
