/** From what records look like to the fields of a schema. */
import type { FieldSpec, ValueSpec } from '../schema.ts';
import { fieldNames } from './field-names.ts';
import type { Shape } from './shape.ts';
import { AMBIGUOUS, INCOMPLETE, type TextKind, type TextStats } from './text-stats.ts';

/** A field with what a reader should know about it: comments stand beside the key. */
export interface InferredField extends FieldSpec {
  fields?: InferredField[];
  element?: InferredValue;
  comments?: Readonly<Record<string, string>>;
}
export type InferredValue = Omit<InferredField, 'name' | 'required'>;

export interface FieldOptions {
  /** Values are text because the format has only text. */
  readonly isText: boolean;
}

/** The fields of an object; `undefined` when it is better kept as free-form JSON. */
export function fieldsOf(shape: Shape, options: FieldOptions, isRoot: boolean): InferredField[] | undefined {
  const entries = [...shape.fields];
  const names = fieldNames(
    entries.map(([name]) => name),
    isRoot,
  );
  if (names === undefined) return undefined;
  return entries.map(([input, field], index) => {
    const value = valueFrom(field, input, options);
    const seen = countOf(field);
    const isRequired = seen === shape.objects && seen > 0 && value.type !== 'json';
    const { comments, ...spec } = value;
    return {
      ...(names[index] ?? { name: input }),
      ...(isRequired && { required: true }),
      ...spec,
      ...(comments !== undefined && { comments }),
    };
  });
}

function countOf(shape: Shape): number {
  const { booleans, integers, floats, texts, objects, arrays } = shape;
  return booleans + integers + floats + texts + objects + arrays;
}

function valueFrom(shape: Shape, name: string, options: FieldOptions): InferredValue {
  const { booleans, integers, floats, texts, objects, arrays } = shape;
  const numbers = integers + floats;
  const kinds = [booleans, numbers, texts, objects, arrays].filter((count) => count > 0).length;
  if (kinds === 0) return options.isText ? { type: 'string', comments: { type: 'always empty' } } : json('always null');
  if (objects > 0 || arrays > 0)
    return kinds === 1 ? composite(shape, name, options) : json(`sometimes ${kindsOf(shape)}`);
  if (booleans > 0) {
    const isText = shape.text !== undefined && (!shape.text.areBooleans || shape.text.placeholders.has('-'));
    const isBoolean = numbers === 0 && !isText;
    return isBoolean ? { type: 'boolean' } : json(`sometimes ${kindsOf(shape)}`);
  }
  if (numbers > 0) return numeric(shape, name, options);
  return shape.text === undefined ? { type: 'string' } : textual(shape.text, name, options);
}

function json(comment: string): InferredValue {
  return { type: 'json', comments: { type: comment } };
}

function kindsOf(shape: Shape): string {
  const words: [number, string][] = [
    [shape.booleans, 'a boolean'],
    [shape.integers + shape.floats, 'a number'],
    [shape.texts, 'text'],
    [shape.objects, 'an object'],
    [shape.arrays, 'an array'],
  ];
  return words.flatMap(([count, word]) => (count > 0 ? [word] : [])).join(', sometimes ');
}

/** Of so many objects one sees whether their names are those of a map. */
const MAP_OBJECTS = 20;
const MAP_FIELDS = 40;
/** In a map, a name is in fewer of the objects than this. */
const MAP_PRESENCE = 0.2;

function composite(shape: Shape, name: string, options: FieldOptions): InferredValue {
  if (shape.isMap) return json('too many names, or too deep, to be an object');
  if (shape.arrays > 0) {
    const element = shape.element === undefined ? undefined : valueFrom(shape.element, name, options);
    if (element === undefined || (shape.element !== undefined && countOf(shape.element) === 0))
      return json('always empty');
    return { type: 'array', element };
  }
  if (shape.fields.size === 0) return json('always empty');
  if (isMapLike(shape)) return json('a map: its names are data');
  const fields = fieldsOf(shape, options, false);
  return fields === undefined ? json('a name in it is empty') : { type: 'object', fields };
}

function isMapLike({ fields, objects }: Shape): boolean {
  if (fields.size < MAP_FIELDS || objects < MAP_OBJECTS) return false;
  const present = [...fields.values()].reduce((sum, field) => sum + countOf(field) + field.nulls, 0);
  return present / objects < fields.size * MAP_PRESENCE;
}

function numeric(shape: Shape, name: string, options: FieldOptions): InferredValue {
  const { text } = shape;
  if (text !== undefined && !text.areNumbers) return { type: 'string', comments: { type: 'sometimes a number' } };
  const placeholder = placeholdersOf(text, options);
  if (placeholder === undefined) return { type: 'string', comments: { type: 'sometimes a number' } };
  const isInteger = shape.floats === 0 && (text === undefined || text.areIntegers);
  const [min, max] = [Math.min(shape.min, text?.min ?? shape.min), Math.max(shape.max, text?.max ?? shape.max)];
  if (isInteger && shape.isBeyond64) return { type: 'string', comments: { type: 'integers beyond 64 bits' } };
  const timeFormat = shape.isBeyond64 ? undefined : unixFormat(name, min, max, isInteger);
  if (timeFormat !== undefined) return { type: 'timestamp', timeFormat, ...placeholder };
  return { type: isInteger ? 'bigint' : 'float', ...placeholder };
}

function textual(text: TextStats, name: string, options: FieldOptions): InferredValue {
  if (text.count === 0) return { type: 'string' };
  const placeholder = placeholdersOf(text, options);
  if (placeholder !== undefined) {
    const [time, ...others] = text.times;
    if (time !== undefined) {
      const [format] = time;
      const isAmbiguous = AMBIGUOUS.includes(format) && others.some(([other]) => AMBIGUOUS.includes(other));
      const comments = { timeFormat: 'or the day first: the samples do not tell' };
      return { type: 'timestamp', timeFormat: format, ...placeholder, ...(isAmbiguous && { comments }) };
    }
    const isId = isAccountName(name) && text.kinds.includes('aws_account_id');
    if (!isId && isNumberText(text, name, options)) {
      const format = unixFormat(name, text.min, text.max, text.areIntegers);
      if (format !== undefined) return { type: 'timestamp', timeFormat: format, ...placeholder };
      return { type: text.areIntegers ? 'bigint' : 'float', ...placeholder };
    }
    if (text.areBooleans && !text.placeholders.has('-')) return { type: 'boolean', ...placeholder };
  }
  const indicator = indicatorOf(text.kinds, name);
  return { type: 'string', ...(indicator !== undefined && { indicators: [indicator] }) };
}

/** In JSON a number in quotes is one only when nothing would be lost; delimited text has no other way to write it. */
function isNumberText(text: TextStats, name: string, { isText }: FieldOptions): boolean {
  if (/version|phone|zip|postal|serial/i.test(name)) return false;
  return isText ? text.areIntegers || text.areNumberLike : text.areNumbers;
}

/** What stands for "no value" beside values of another type; `undefined` when the type cannot take it. */
function placeholdersOf(
  text: TextStats | undefined,
  { isText }: FieldOptions,
): Pick<ValueSpec, 'emptyValues'> | undefined {
  const found = [...(text?.placeholders ?? [])];
  // In JSON a dash is a value like others.
  if (found.includes('-') && !isText) return undefined;
  return found.length === 0 ? {} : { emptyValues: found };
}

const TIME_NAME =
  /time|date|stamp|^ts$|_ts$|(?:^|[a-z_.])(?:At|_at)$|^at$|created|updated|modified|expir|published|occurred|start|end$|since|until|seen$|login$/i;
/** 2000-01-01 to 2100-01-01, in seconds. */
const [YEAR_2000, YEAR_2100] = [946_684_800, 4_102_444_800];

function unixFormat(name: string, min: number, max: number, isInteger: boolean): string | undefined {
  if (!TIME_NAME.test(name)) return undefined;
  if (!isInteger) return isWithin(min, max, 1) ? 'unix_float' : undefined;
  if (isWithin(min, max, 1)) return 'unix';
  if (isWithin(min, max, 1e3)) return 'unix_ms';
  if (isWithin(min, max, 1e6)) return 'unix_us';
  return isWithin(min, max, 1e9) ? 'unix_ns' : undefined;
}

function isWithin(min: number, max: number, factor: number): boolean {
  return min >= YEAR_2000 * factor && max < YEAR_2100 * factor;
}

function isAccountName(name: string): boolean {
  return /account/i.test(name);
}

/** Kinds that the text alone tells. */
const CERTAIN: readonly TextKind[] = ['ip', 'aws_arn', 'url', 'email', 'net_addr', 'sha256', 'aws_instance_id'];

function indicatorOf(
  kinds: readonly TextKind[],
  name: string,
): NonNullable<ValueSpec['indicators']>[number] | undefined {
  const certain = CERTAIN.find((kind) => kinds.includes(kind));
  if (certain !== undefined) return certain;
  const has = (kind: TextKind, pattern: RegExp) => kinds.includes(kind) && pattern.test(name);
  if (has('aws_account_id', /account/i)) return 'aws_account_id';
  if (has('md5', /md5|hash|checksum|digest/i)) return 'md5';
  if (has('sha1', /sha|hash|checksum|digest/i)) return 'sha1';
  if (has('domain', /domain|host|server|dns|query|fqdn|site|sni/i)) return 'domain';
  if (has('hostname', /domain|host|server|addr|ip|client|source|dest|peer/i)) return 'hostname';
  if (/(?:trace|request|correlation|session|transaction|span)[-_.]?(?:id|uuid)$/i.test(name)) return 'trace_id';
  return /^(?:.*[-_.])?(?:user|username|user[-_.]name|login|actor|principal)$|[a-z](?:UserName|Username|User)$|^userName$/.test(
    name,
  )
    ? 'username'
    : undefined;
}

/** A time in the records, and where it is. */
export interface TimeField {
  readonly field: InferredField;
  readonly path: readonly string[];
}

/** Chooses the time of the event, and marks it with the reason; `undefined` when there is no time. */
export function markEventTime(fields: readonly InferredField[]): TimeField | undefined {
  const times = timesIn(fields, []);
  const [best] = times.toSorted((a, b) => scoreOf(b) - scoreOf(a));
  if (best === undefined) return undefined;
  const { field } = best;
  field.isEventTime = true;
  field.comments = { ...field.comments, isEventTime: reasonOf(best, times.length) };
  return best;
}

/** Times in arrays are many: none of them is the event's. */
function timesIn(fields: readonly InferredField[], path: readonly string[]): TimeField[] {
  return fields.flatMap((field) => {
    const at = [...path, field.name];
    if (field.type === 'timestamp') return [{ field, path: at }];
    return field.type === 'object' ? timesIn(field.fields ?? [], at) : [];
  });
}

const NAMES_OF_EVENT_TIME: readonly RegExp[] = [
  /^event_?time(stamp)?$/i,
  /^@?timestamp$/i,
  /^(time|ts|datetime|date_?time)$/i,
  /event|occur|log_?time|published|generated/i,
  /request_?time|start|created|begin/i,
  /time|date|stamp/i,
];

function scoreOf({ field, path }: TimeField): number {
  const rank = NAMES_OF_EVENT_TIME.findIndex((pattern) => pattern.test(field.name));
  const isIncomplete = INCOMPLETE.includes(String(field.timeFormat));
  return (
    (field.required ? 100 : 0) + (rank < 0 ? 0 : 60 - rank * 10) - (path.length - 1) * 15 - (isIncomplete ? 80 : 0)
  );
}

function reasonOf({ field, path }: TimeField, count: number): string {
  const presence = field.required ? 'in every record' : 'not in every record';
  if (count === 1) return `the only time, ${presence}`;
  const isNamed = NAMES_OF_EVENT_TIME.some((pattern) => pattern.test(field.name));
  const name = isNamed ? `its name ("${path.join('.')}") is that of an event's time` : 'the first time';
  return `of ${count} times: ${name}, ${presence}`;
}
