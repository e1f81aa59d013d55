/**
 * Compiles a log type to code made for it: one function from a parsed record to the normalised event, without walks
 * over schemas at run time. Names of the schema enter the code only as JSON string literals.
 *
 * This file is long because the parts of the generated code only make sense side by side.
 */
import { UserError } from '../core/errors.ts';
import { INDICATOR_FIELDS, type LogEvent } from '../core/event.ts';
import { normaliseColumnName } from './column-names.ts';
import { type Bind, conditionExpression, pathExpression } from './conditions.ts';
import { Indicators, SCANNERS } from './indicators.ts';
import { IMPRECISE, vetJson, vetNumber } from './json-values.ts';
import { compileGrok } from './parsers/grok.ts';
import { createParserFactory } from './parsers/index.ts';
import type { Fields, ParserContext, TextParser } from './parsers/parser.ts';
import { compileRegex } from './regex-engine.ts';
import type { FieldSpec, IndicatorSpec, LogType, ValueSpec } from './schema.ts';
import { timeFormatsOf } from './schema.ts';
import { compileTimeFormat, type TimeParser } from './timestamps.ts';

/** What a record's place and moment add to its event. */
export interface RecordContext {
  rowId: string;
  /** `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`. */
  parseTime: string;
  nowMs: number;
  sourceId: string | undefined;
  sourceLabel: string | undefined;
}

/** The event, or one phrase that says why the record is not of this type. Never throws. */
export type Normalise = (record: Fields, context: RecordContext) => LogEvent | string;

export interface CompiledLogType {
  readonly name: string;
  /** Records are JSON objects; otherwise `createParser` reads them. */
  readonly isJson: boolean;
  readonly normalise: Normalise;
  createParser(context: Pick<ParserContext, 'nowMs'>): TextParser | undefined;
}

const compiled = new WeakMap<LogType, CompiledLogType>();

/** Compiles once per loaded log type. Throws a `UserError` when a pattern or an option of the schema is wrong. */
export function compileLogType(logType: LogType): CompiledLogType {
  const known = compiled.get(logType);
  if (known !== undefined) return known;
  try {
    const fresh = compile(logType);
    compiled.set(logType, fresh);
    return fresh;
  } catch (error) {
    throw new UserError(
      `log type ${logType.name}: ${(error as Error).message}`,
      { file: logType.file },
      { cause: error },
    );
  }
}

function compile(logType: LogType): CompiledLogType {
  const { parser } = logType.spec;
  const inputNames = new Set(logType.fields.map((field) => field.rename?.from ?? field.name));
  const create = parser === undefined ? undefined : createParserFactory(parser);
  return {
    name: logType.name,
    isJson: parser === undefined,
    normalise: new Generator(logType).build(),
    createParser: (context) => create?.({ ...context, inputNames }),
  };
}

/** Builds the source text of one `normalise` function. */
class Generator {
  readonly #logType: LogType;
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];
  readonly #functions: string[] = [];
  /** Local variables that hold the candidates for the event time, in their order of precedence. */
  readonly #eventTimes: { readonly name: string; readonly variable: string }[] = [];
  #counter = 0;
  readonly #bind: Bind = (value) => {
    const name = `b${this.#names.length}`;
    this.#names.push(name);
    this.#values.push(value);
    return name;
  };

  constructor(logType: LogType) {
    this.#logType = logType;
  }

  build(): Normalise {
    const { name, spec, fields } = this.#logType;
    const indicators = new Indicators();
    this.#names.push('ind', 'vetJson', 'typeName', 'numberText', 'IMPRECISE', 'toInteger', 'toFloat', 'toBoolean');
    this.#values.push(indicators, vetJson, typeName, numberText, IMPRECISE, toInteger, toFloat, toBoolean);
    const body = this.#fields(fields, 'record', 'e', '');
    const times = this.#orderedTimes(spec.eventTime);
    // Which lists a scanner fills is for the scanner to know.
    const lists = [body, ...this.#functions].some((code) => code.includes(', ind)')) ? INDICATOR_FIELDS : [];
    const source = `
let reason = "";
${this.#eventTimes.map(({ variable }) => `let ${variable} = "";`).join('\n')}
${this.#functions.join('\n')}
return function normalise(record, context) {
  ${lists.map((field) => `ind.${field}.clear();`).join(' ')}
  ${this.#eventTimes.map(({ variable }) => `${variable} = "";`).join(' ')}
  ${this.#extracts()}
  ${this.#checks()}
  ${this.#requiredFirst(fields)}
  const root = record;
  const nowMs = context.nowMs;
  const e = {};
  ${body.replaceAll('return FAIL;', 'return reason;')}
  e.p_log_type = ${JSON.stringify(name)};
  e.p_row_id = context.rowId;
  e.p_event_time = ${times.map((variable) => `${variable} || `).join('')}context.parseTime;
  e.p_parse_time = context.parseTime;
  if (context.sourceId !== undefined) e.p_source_id = context.sourceId;
  if (context.sourceLabel !== undefined) e.p_source_label = context.sourceLabel;
  let list;
  ${lists.map((field) => `list = ind.${field}.take(); if (list !== undefined) e.${field} = list;`).join('\n  ')}
  return e;
};`;
    return new Function(...this.#names, `"use strict";${source}`)(...this.#values) as Normalise;
  }

  #orderedTimes(order: readonly string[] | undefined): readonly string[] {
    if (order === undefined) return this.#eventTimes.map(({ variable }) => variable);
    return order.flatMap((name) =>
      this.#eventTimes.filter((time) => time.name === name).map(({ variable }) => variable),
    );
  }

  #checks(): string {
    const { check = [] } = this.#logType.spec;
    return check
      .map((condition) => {
        const phrase = `does not meet ${JSON.stringify(condition)}`.slice(0, 120);
        return `if (!${conditionExpression(condition, 'record', this.#bind)}) return ${JSON.stringify(phrase)};`;
      })
      .join('\n  ');
  }

  #extracts(): string {
    const { extract = [] } = this.#logType.spec;
    if (extract.length === 0) return '';
    const lines = extract.map(({ from, pattern, required }) => {
      const { regex, groups } = compileGrok(pattern);
      const missing = required ? `return ${JSON.stringify(`${from} does not have the form ${pattern}`)};` : '';
      return `{
    const text = record[${JSON.stringify(from)}];
    if (typeof text === "string") {
      const groups = ${this.#bind(regex)}.exec(text)?.groups;
      if (groups === undefined) { ${missing} } else {
        ${groups.map(([group, field]) => `if (groups.${group}) record[${JSON.stringify(field)}] = groups.${group};`).join('\n        ')}
      }
    }
  }`;
    });
    // The record is shared with the other log types that are tried.
    return `record = { ...record };\n  ${lines.join('\n  ')}`;
  }

  /** Before any work: a record of another type nearly always lacks a required field. */
  #requiredFirst(fields: readonly FieldSpec[]): string {
    return fields
      .filter((field) => field.required === true)
      .map(
        (field) =>
          `if (${read(field, 'record', 'record')} == null) return ${JSON.stringify(`${field.name} is missing`)};`,
      )
      .join('\n  ');
  }

  /** Statements that set the fields of `target` from `object`; they `return FAIL` after setting `reason`. */
  #fields(fields: readonly FieldSpec[], object: string, target: string, path: string): string {
    return fields.map((field) => this.#field(field, object, target, path)).join('\n  ');
  }

  #field(field: FieldSpec, object: string, target: string, path: string): string {
    const value = this.#variable('v');
    const name = path === '' ? field.name : `${path}.${field.name}`;
    const property = `${target}[${JSON.stringify(normaliseColumnName(field.name))}]`;
    const time = this.#timeVariable(field);
    const indicators = this.#indicators(field, value, object);
    const missing =
      field.required && path !== '' ? ` else { reason = ${JSON.stringify(`${name} is missing`)}; return FAIL; }` : '';
    const isKeptNull = field.type === 'json' && field.keepNull !== false;
    const store = (variable: string) => `${property} = ${variable};`;
    const convert = this.#convert(field, value, name, (variable) => `${indicators} ${store(variable)}`, time);
    return `let ${value} = ${read(field, object, 'root')};
  if (${value} ${isKeptNull ? '!== undefined' : '!= null'}) { ${convert} }${missing}`;
  }

  #variable(prefix: string): string {
    this.#counter += 1;
    return `${prefix}${this.#counter}`;
  }

  #timeVariable(field: FieldSpec): string | undefined {
    const isNamed = this.#logType.spec.eventTime?.includes(field.name) === true;
    if (!field.isEventTime && !isNamed) return undefined;
    const variable = this.#variable('t');
    this.#eventTimes.push({ name: field.name, variable });
    return variable;
  }

  /** Code that checks the value in `value` and hands what is to be stored to `store`. */
  #convert(spec: ValueSpec, value: string, name: string, store: (variable: string) => string, time?: string): string {
    switch (spec.type) {
      case 'string':
        return this.#string(spec, value, name, store, time);
      case 'timestamp':
        return this.#timestamp(spec, value, name, store, time);
      case 'int':
      case 'smallint':
      case 'bigint':
        return this.#number(spec, value, name, store, `toInteger(${value}, ${INTEGER_LIMITS[spec.type]})`);
      case 'float':
        return this.#number(spec, value, name, store, `toFloat(${value})`);
      case 'boolean':
        return `${value} = toBoolean(${value});
    if (${value} === null) ${fail(`${name} is not a boolean`)} else if (${value} !== undefined) { ${store(value)} }`;
      case 'json':
        return this.#json(spec, value, name, store);
      case 'array':
        return this.#array(spec, value, name, store);
      default:
        return this.#object(spec, value, name, store);
    }
  }

  #string(spec: ValueSpec, value: string, name: string, store: (variable: string) => string, time?: string): string {
    const lines = [
      `if (typeof ${value} !== "string") {
      const text = numberText(${value});
      if (text === undefined) { reason = ${JSON.stringify(`${name} is not text but `)} + typeName(${value}); return FAIL; }
      if (text === IMPRECISE) { reason = ${JSON.stringify(`${name}: `)} + text; return FAIL; }
      ${value} = text;
    }`,
    ];
    if (spec.trimSuffix !== undefined) {
      const suffix = JSON.stringify(spec.trimSuffix);
      lines.push(`if (${value}.endsWith(${suffix})) ${value} = ${value}.slice(0, -${spec.trimSuffix.length});`);
    }
    lines.push(this.#validation(spec, value, name));
    if (time !== undefined) {
      const parse = this.#bind(timeParser(spec));
      lines.push(`${time} = ${parse}(${value}, nowMs); if (${time} === undefined) ${fail(`${name} is not a time`)}`);
    }
    return unlessEmpty(spec, value, `${lines.join('\n    ')} ${store(value)}`);
  }

  #timestamp(spec: ValueSpec, value: string, name: string, store: (variable: string) => string, time?: string): string {
    const parse = this.#bind(timeParser(spec));
    const keep = time === undefined ? '' : `${time} = ${value};`;
    // The zero time of the Go world stands for "none".
    return unlessEmpty(
      spec,
      value,
      `${value} = ${parse}(${value}, nowMs);
    if (${value} === undefined) ${fail(`${name} is not a time of the format ${timeFormatsOf(spec).join(' or ')}`)}
    if (${value} !== "" && ${value} !== "0001-01-01 00:00:00.000000000") { ${keep} ${store(value)} }`,
    );
  }

  #number(
    spec: ValueSpec,
    value: string,
    name: string,
    store: (variable: string) => string,
    conversion: string,
  ): string {
    return unlessEmpty(
      spec,
      value,
      `${value} = ${conversion};
    if (typeof ${value} === "string") { reason = ${JSON.stringify(`${name}: `)} + ${value}; return FAIL; }
    if (${value} !== undefined) { ${this.#validation(spec, value, name)} ${store(value)} }`,
    );
  }

  #validation(spec: ValueSpec, value: string, name: string): string {
    const { allow, deny, min, max, pattern } = spec.validate ?? {};
    const lines: string[] = [];
    if (allow !== undefined) {
      lines.push(
        `if (!${this.#bind(new Set(allow))}.has(String(${value}))) ${fail(`${name} is not one of the allowed values`)}`,
      );
    }
    if (deny !== undefined) {
      lines.push(
        `if (${this.#bind(new Set(deny))}.has(String(${value}))) ${fail(`${name} has a value of another type`)}`,
      );
    }
    if (min !== undefined) lines.push(`if (Number(${value}) < ${min}) ${fail(`${name} is under ${min}`)}`);
    if (max !== undefined) lines.push(`if (Number(${value}) > ${max}) ${fail(`${name} is over ${max}`)}`);
    if (pattern !== undefined) {
      lines.push(
        `if (!${this.#bind(compileRegex(pattern))}.test(${value})) ${fail(`${name} does not match ${pattern}`)}`,
      );
    }
    return lines.join(' ');
  }

  /** Free-form values are walked once: for indicators, and for what cannot be kept as it is. */
  #json(spec: ValueSpec, value: string, name: string, store: (variable: string) => string): string {
    const isAws = spec.indicators?.some((indicator) => nameOf(indicator) === 'aws') === true;
    const walk = isAws ? `${this.#bind(SCANNERS.aws)}(${value}, ind)` : `vetJson(${value})`;
    const isObject = `typeof ${value} === "object" && ${value} !== null || typeof ${value} === "number"`;
    return `${embedded(spec, value, name, this.#bind)}
    if (${isObject}) { const problem = ${walk}; if (problem !== undefined) { reason = ${JSON.stringify(`${name}: `)} + problem; return FAIL; } }
    ${isAws ? `else if (typeof ${value} === "string") ${this.#bind(SCANNERS.aws)}(${value}, ind);` : ''} ${store(value)}`;
  }

  #array(spec: ValueSpec, value: string, name: string, store: (variable: string) => string): string {
    const element = spec.element as ValueSpec;
    const item = this.#variable('v');
    const index = this.#variable('i');
    const list = this.#variable('a');
    const indicators = this.#indicators(element, item, '(void 0)');
    const push = this.#convert(element, item, `${name}[]`, (variable) => `${indicators} ${list}.push(${variable});`);
    const split =
      spec.separator === undefined
        ? ''
        : `if (typeof ${value} === "string") ${value} = ${value} === "" ? [] : ${value}.split(${JSON.stringify(spec.separator)}).map((part) => part.trim());`;
    return unlessEmpty(
      spec,
      value,
      `${embedded(spec, value, name, this.#bind)} ${split}
    if (!Array.isArray(${value})) { reason = ${JSON.stringify(`${name} is not an array but `)} + typeName(${value}); return FAIL; }
    const ${list} = [];
    for (let ${index} = 0; ${index} < ${value}.length; ${index} += 1) {
      let ${item} = ${value}[${index}];
      if (${item} != null) { ${push} }
    }
    if (${list}.length > 0) { ${store(list)} }`,
    );
  }

  #object(spec: ValueSpec, value: string, name: string, store: (variable: string) => string): string {
    const call = this.#variable('object');
    const made = this.#variable('o');
    const body = this.#fields(spec.fields ?? [], 'o', 'e', name);
    this.#functions.push(`function ${call}(o, root, nowMs) {
  const e = {};
  ${body.replaceAll('return FAIL;', 'return undefined;')}
  return e;
}`);
    return `${embedded(spec, value, name, this.#bind)}
    if (typeof ${value} !== "object" || Array.isArray(${value})) { reason = ${JSON.stringify(`${name} is not an object but `)} + typeName(${value}); return FAIL; }
    const ${made} = ${call}(${value}, root, nowMs);
    if (${made} === undefined) return FAIL;
    ${store(made)}`;
  }

  #indicators(spec: ValueSpec, value: string, object: string): string {
    return (spec.indicators ?? [])
      .filter((indicator) => nameOf(indicator) !== 'aws')
      .map((indicator) => {
        const scan = this.#bind(SCANNERS[nameOf(indicator)]);
        const { when, keys } = typeof indicator === 'string' ? {} : indicator;
        const condition = when === undefined ? '' : `if (${conditionExpression(when, object, this.#bind)}) `;
        if (keys === undefined) return `${condition}${scan}(${value}, ind);`;
        const scans = keys.map((key) => {
          const inner = `${value}?.[${JSON.stringify(key)}]`;
          return `if (typeof ${inner} === "string") ${scan}(${inner}, ind);`;
        });
        return `${condition}{ ${scans.join(' ')} }`;
      })
      .join(' ');
  }
}

const INTEGER_LIMITS = { smallint: '32767', int: '2147483647', bigint: '0' } as const;

function nameOf(indicator: IndicatorSpec): keyof typeof SCANNERS {
  return typeof indicator === 'string' ? indicator : indicator.type;
}

function fail(reason: string): string {
  return `{ reason = ${JSON.stringify(reason)}; return FAIL; }`;
}

function unlessEmpty(spec: ValueSpec, value: string, code: string): string {
  const { emptyValues = [] } = spec;
  if (emptyValues.length === 0) return code;
  const isEmpty = emptyValues.map((text) => `${value} === ${JSON.stringify(text)}`).join(' || ');
  return `if (!(${isEmpty})) { ${code} }`;
}

function embedded(spec: ValueSpec, value: string, name: string, bind: Bind): string {
  if (!spec.isEmbeddedJSON) return '';
  return `if (typeof ${value} === "string") { ${value} = ${bind(parseOrUndefined)}(${value}); if (${value} == null) ${fail(`${name} is not JSON`)} }`;
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An expression that reads a field's value; `prototype` members (`constructor`) are not taken for values. */
function read(field: FieldSpec, object: string, root: string): string {
  if (field.copy !== undefined) return field.copy.from.length === 0 ? root : pathExpression(field.copy.from, root);
  const key = JSON.stringify(field.rename?.from ?? field.name);
  const isInherited = (field.rename?.from ?? field.name) in Object.prototype;
  return isInherited ? `(Object.hasOwn(${object}, ${key}) ? ${object}[${key}] : undefined)` : `${object}[${key}]`;
}

function timeParser(spec: ValueSpec): TimeParser {
  const [first, ...others] = timeFormatsOf(spec).map((format) => compileTimeFormat(format, spec.year));
  if (first === undefined) throw new Error('a timestamp has no format');
  if (others.length === 0) return first;
  return (value, nowMs) => {
    for (const parse of [first, ...others]) {
      const time = parse(value, nowMs);
      if (time !== undefined) return time;
    }
    return undefined;
  };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A number where text is declared is taken as its digits; `undefined` for what is no number. */
function numberText(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') return undefined;
  return vetNumber(value) === IMPRECISE ? IMPRECISE : String(value);
}

const INTEGER_TEXT = /^[+-]?\d{1,19}$/;
const MAX_BIGINT = 2n ** 63n - 1n;

/** A number, or bigint; `undefined` for empty text; the reason as text. `limit` 0: 64 bits. */
function toInteger(value: unknown, limit: number): number | bigint | string | undefined {
  if (typeof value === 'number') {
    if (limit === 0) return Number.isInteger(value) ? (vetNumber(value) ?? value) : 'not an integer';
    if (!Number.isInteger(value)) return 'not an integer';
    return value <= limit && value >= -limit - 1 ? value : `an integer beyond ${limit}`;
  }
  if (typeof value === 'bigint') return limit === 0 && fits64(value) ? value : 'an integer that is too large';
  if (typeof value !== 'string') return `not an integer but ${typeName(value)}`;
  if (value === '') return undefined;
  if (!INTEGER_TEXT.test(value)) return 'not an integer';
  const number = Number(value);
  if (Number.isSafeInteger(number)) {
    return limit === 0 || (number <= limit && number >= -limit - 1) ? number : `an integer beyond ${limit}`;
  }
  const exact = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return limit === 0 && fits64(exact) ? exact : 'an integer that is too large';
}

function fits64(value: bigint): boolean {
  return value <= MAX_BIGINT && value >= -MAX_BIGINT - 1n;
}

const FLOAT_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function toFloat(value: unknown): number | string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : 'a number beyond the range of a double';
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return `not a number but ${typeName(value)}`;
  if (value === '') return undefined;
  if (!FLOAT_TEXT.test(value)) return 'not a number';
  const number = Number(value);
  return Number.isFinite(number) ? number : 'a number beyond the range of a double';
}

const BOOLEANS: ReadonlyMap<unknown, boolean> = new Map([
  ...(['1', 't', 'T', 'TRUE', 'true', 'True'] as const).map((text) => [text, true] as const),
  ...(['0', 'f', 'F', 'FALSE', 'false', 'False'] as const).map((text) => [text, false] as const),
]);

/** `undefined` for empty text, null for what is no boolean. */
function toBoolean(value: unknown): boolean | null | undefined {
  if (typeof value === 'boolean') return value;
  return value === '' ? undefined : (BOOLEANS.get(value) ?? null);
}
