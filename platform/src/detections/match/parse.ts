/** Reads match expressions; every mistake is told with its place. */
import type { SpecIssue } from '../format/shared.ts';
import {
  COMBINATORS,
  COMPARISONS,
  type Comparison,
  EACH,
  EVERY,
  type Expression,
  type MatchValue,
  type Path,
  type PathStep,
  QUANTIFIERS,
  STATES,
  type StateTest,
} from './expression.ts';
import { blockList } from './values.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Condition {
  readonly how: Comparison | StateTest | 'IsIn';
  readonly isNegated: boolean;
  readonly ignoresCase: boolean;
}

const NEGATED_STATES = [
  ['DoesNotExist', 'Exists'],
  ['IsNotNull', 'IsNull'],
  ['IsNotNullOrEmpty', 'IsNullOrEmpty'],
  ['IsNotIPAddress', 'IsIPAddress'],
  ['IsNotIPv4Address', 'IsIPv4Address'],
  ['IsNotIPv6Address', 'IsIPv6Address'],
] as const;

/** Every condition by its name in lower case. The guide writes `…OrEqual`, others `…OrEquals`. */
const CONDITIONS: ReadonlyMap<string, Condition> = new Map(
  [...allConditions()].map(([name, condition]) => [name.toLowerCase(), condition]),
);

function* allConditions(): Generator<[string, Condition]> {
  for (const how of COMPARISONS) {
    const isVerb = !how.startsWith('Is');
    for (const ignoresCase of isVerb ? [false, true] : [false]) {
      const prefix = ignoresCase ? 'I' : '';
      yield [`${prefix}${how}`, { how, isNegated: false, ignoresCase }];
      if (isVerb) yield [`${prefix}DoesNot${singular(how)}`, { how, isNegated: true, ignoresCase }];
    }
    if (how.endsWith('OrEquals')) yield [how.slice(0, -1), { how, isNegated: false, ignoresCase: false }];
  }
  yield ['IsIPAddressNotInCIDR', { how: 'IsIPAddressInCIDR', isNegated: true, ignoresCase: false }];
  for (const ignoresCase of [false, true]) {
    yield [ignoresCase ? 'IIsIn' : 'IsIn', { how: 'IsIn', isNegated: false, ignoresCase }];
    yield [ignoresCase ? 'IIsNotIn' : 'IsNotIn', { how: 'IsIn', isNegated: true, ignoresCase }];
  }
  for (const how of STATES) yield [how, { how, isNegated: false, ignoresCase: false }];
  for (const [name, how] of NEGATED_STATES) yield [name, { how, isNegated: true, ignoresCase: false }];
}

function singular(how: Comparison): string {
  return how === 'Equals' ? 'Equal' : how === 'Has' ? 'Have' : how.replace('sWith', 'With').replace(/s$/, '');
}

/** Names for messages. */
const CONDITION_NAMES = [...allConditions()].map(([name]) => name);

export interface ParsedExpressions {
  readonly expression: Expression;
  readonly issues: readonly SpecIssue[];
}

/** A list of expressions, all of which must hold. `base` is where the list stands in the specification. */
export function parseExpressions(given: unknown, base: readonly PropertyKey[]): ParsedExpressions {
  const issues: SpecIssue[] = [];
  const of = list(given, base, issues);
  return { expression: { kind: 'combine', how: 'All', of }, issues };
}

function list(given: unknown, path: readonly PropertyKey[], issues: SpecIssue[]): readonly Expression[] {
  if (!Array.isArray(given)) {
    issues.push({ path, message: 'must be a list of match expressions' });
    return [];
  }
  return given.flatMap((one, index) => parseOne(one, [...path, index], issues) ?? []);
}

function parseOne(given: unknown, path: readonly PropertyKey[], issues: SpecIssue[]): Expression | undefined {
  const fail = (message: string, key?: string) => {
    issues.push({ path: key === undefined ? path : [...path, key], message });
    return undefined;
  };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return fail('must be a map');
  const fields = given as Fields;
  const how = COMBINATORS.find((name) => name in fields);
  if (how !== undefined) {
    if (Object.keys(fields).length > 1) return fail(`nothing else may stand beside ${how}`);
    return { kind: 'combine', how, of: list(fields[how], [...path, how], issues) };
  }
  const unknown = Object.keys(fields).find((key) => !LEAF_KEYS.has(key));
  if (unknown !== undefined)
    return fail(`unknown key ${unknown}; known are ${[...LEAF_KEYS, ...COMBINATORS].join(', ')}`, unknown);
  const name = fields.Condition;
  if (name === 'AlwaysTrue' || name === 'AlwaysFalse') return { kind: 'always', holds: name === 'AlwaysTrue' };
  const quantifier = QUANTIFIERS.find((one) => one === name);
  const place = pathOf(fields, fail);
  if (place === 'wrong') return undefined;
  if (quantifier !== undefined) {
    if (place === undefined) return fail('needs a Key, DeepKey or KeyPath');
    return {
      kind: 'elements',
      path: place,
      how: quantifier,
      of: list(fields.Expressions, [...path, 'Expressions'], issues),
    };
  }
  const condition = CONDITIONS.get(String(name).toLowerCase());
  if (condition === undefined) {
    const allowed = [...CONDITION_NAMES, ...QUANTIFIERS, 'AlwaysTrue', 'AlwaysFalse'].join(', ');
    return fail(
      `${name === undefined ? 'Condition is missing' : `"${String(name)}" is no condition`}; known are ${allowed}`,
      'Condition',
    );
  }
  return leaf(fields, condition, place, fail);
}

const LEAF_KEYS = new Set(['Key', 'DeepKey', 'KeyPath', 'Enrichment', 'Condition', 'Value', 'Values', 'Expressions']);
type Fail = (message: string, key?: string) => undefined;

function leaf(fields: Fields, condition: Condition, place: Path | undefined, fail: Fail): Expression | undefined {
  const { how, isNegated, ignoresCase } = condition;
  if (isState(how)) {
    if ('Value' in fields || 'Values' in fields) return fail(`${String(fields.Condition)} takes no value`);
    return { kind: 'state', path: place ?? [], test: how, isNegated };
  }
  const given = 'Values' in fields ? fields.Values : 'Value' in fields ? [fields.Value] : undefined;
  if (!Array.isArray(given)) return fail(`${String(fields.Condition)} needs a Value, or a list of Values`);
  if (place === undefined && given.length === 2 && given.every((one) => typeof one === 'object' && one !== null)) {
    return twoKeys(given as Fields[], condition, fail);
  }
  if (!given.every(isValue))
    return fail('values are texts, numbers, true or false', 'Values' in fields ? 'Values' : 'Value');
  if (how !== 'IsIn' && 'Values' in fields && !MANY.has(how))
    return fail(`${String(fields.Condition)} takes one Value`, 'Values');
  const network = how === 'IsIPAddressInCIDR' ? given.find((one) => !isNetwork(String(one))) : undefined;
  if (network !== undefined) return fail(`"${String(network)}" is no network such as 10.0.0.0/8`);
  return {
    kind: 'compare',
    path: place ?? [],
    how: how === 'IsIn' ? 'Equals' : how,
    isNegated,
    ignoresCase,
    values: given,
  };
}

function isNetwork(text: string): boolean {
  try {
    blockList([text]);
    return true;
  } catch {
    return false;
  }
}

/** Comparisons for which a list of values means: one of them. */
const MANY = new Set<string>(['StartsWith', 'EndsWith', 'Contains', 'Has', 'IsIPAddressInCIDR']);

function isState(how: string): how is StateTest {
  return (STATES as readonly string[]).includes(how);
}

function isValue(value: unknown): value is MatchValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function twoKeys(
  given: readonly Fields[],
  { how, isNegated, ignoresCase }: Condition,
  fail: Fail,
): Expression | undefined {
  const [left, right] = given.map((one) => pathOf(one, fail));
  if (left === 'wrong' || right === 'wrong') return undefined;
  if (left === undefined || right === undefined) return fail('each of the two Values needs a Key, DeepKey or KeyPath');
  if (isState(how)) return fail('compares nothing');
  return { kind: 'compare-keys', left, right, how: how === 'IsIn' ? 'Has' : how, isNegated, ignoresCase };
}

/** Of a key specifier. Undefined without one. */
function pathOf(fields: Fields, fail: Fail): Path | undefined | 'wrong' {
  const given = ['Key', 'DeepKey', 'KeyPath', 'Enrichment'].filter((key) => key in fields);
  const [key] = given;
  if (key === undefined) return undefined;
  if (given.length > 1) return fail(`only one of ${given.join(', ')} may be given`) ?? 'wrong';
  const path = readSpecifier(key, fields[key]);
  return path ?? fail(SHAPES[key] ?? '', key) ?? 'wrong';
}

const SHAPES: Readonly<Record<string, string>> = {
  Key: 'must be the name of a field',
  DeepKey: 'must be a list of names and indexes',
  KeyPath: 'must be a path such as a.b[*].c[2]',
  Enrichment: 'must have Table, Selector and FieldPath',
};

function readSpecifier(key: string, value: unknown): Path | undefined {
  if (key === 'Key') return typeof value === 'string' ? [value] : undefined;
  if (key === 'KeyPath') return typeof value === 'string' ? keyPath(value) : undefined;
  if (key === 'DeepKey') {
    const isPath =
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((one) => typeof one === 'string' || Number.isInteger(one));
    return isPath ? (value as Path) : undefined;
  }
  const { Table: table, Selector: selector, FieldPath: field } = (value ?? {}) as Fields;
  if (typeof table !== 'string' || typeof selector !== 'string' || typeof field !== 'string') return undefined;
  const rest = keyPath(field);
  // A row of the table; rows, where the selector gives several values.
  return rest && ['p_enrichment', table, selector.replace(/^\$\./, ''), EACH, ...rest];
}

/** `a.b[*].c[2]`, with `["any text"]` for names that have dots. */
export function keyPath(text: string): Path | undefined {
  const steps: PathStep[] = [];
  const pattern = /(?:^|\.)([^.[\]]+)|\[(\*|-?\d+|'[^']*'|"[^"]*")\]/gy;
  let end = 0;
  for (const [whole, name, index] of text.matchAll(pattern)) {
    end += whole.length;
    if (name !== undefined) steps.push(name === '$' && steps.length === 0 ? '' : name);
    else if (index === '*') steps.push(EVERY);
    else steps.push(/^['"]/.test(index as string) ? (index as string).slice(1, -1) : Number(index));
  }
  if (end !== text.length || steps.length === 0) return undefined;
  return steps[0] === '' ? steps.slice(1) : steps;
}

/** All places of a specification that hold match expressions. */
export function checkExpressions(spec: Fields): readonly SpecIssue[] {
  const issues: SpecIssue[] = [];
  for (const key of ['Detection', 'InlineFilters']) {
    if (spec[key] !== undefined && spec[key] !== null) issues.push(...parseExpressions(spec[key], [key]).issues);
  }
  for (const [index, one] of ((spec.DynamicSeverities ?? []) as readonly Fields[]).entries()) {
    const path = ['DynamicSeverities', index];
    issues.push(...parseExpressions(one.Conditions, [...path, 'Conditions']).issues);
    if (!/^(info|low|medium|high|critical)$/i.test(String(one.ChangeTo))) {
      issues.push({
        path: [...path, 'ChangeTo'],
        message: 'must be one of "Info", "Low", "Medium", "High", "Critical"',
      });
    }
  }
  for (const [index, one] of ((spec.GroupBy ?? []) as readonly Fields[]).entries()) {
    issues.push(...checkSpecifier(one, ['GroupBy', index]));
  }
  for (const [index, one] of ((spec.AlertContext ?? []) as readonly Fields[]).entries()) {
    issues.push(...checkSpecifier(one.KeyValue, ['AlertContext', index, 'KeyValue']));
  }
  return issues;
}

function checkSpecifier(given: unknown, path: readonly PropertyKey[]): readonly SpecIssue[] {
  const issues: SpecIssue[] = [];
  const found = specifierPath(given, (message, key) => {
    issues.push({ path: key === undefined ? path : [...path, key], message });
    return undefined;
  });
  if (found === undefined && issues.length === 0) issues.push({ path, message: 'needs a Key, DeepKey or KeyPath' });
  return issues;
}

/** Path of a key specifier by itself. */
export function specifierPath(given: unknown, fail: Fail = () => undefined): Path | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const path = pathOf(given as Fields, fail);
  return path === 'wrong' ? undefined : path;
}
