/** From a YAML document to a rule, a correlation or a filter. */
import { missingName, parseCondition } from './condition.ts';
import { parseCorrelation } from './correlation/parse.ts';
import { applyModifiers } from './modifiers.ts';
import {
  type ConditionTree,
  type Item,
  LEVELS,
  type LogSource,
  type Meta,
  type Search,
  type SigmaDocument,
  SigmaError,
  type SigmaFilter,
  type SigmaRule,
  STATUSES,
} from './rule.ts';
import { isFields, type YamlDocument } from './yaml.ts';

/** Keys that Sigma defines; others are the user's own. */
const KNOWN_KEYS = new Set(
  (
    'title id name related taxonomy status description license author references date modified logsource detection ' +
    'fields falsepositives level tags scope correlation filter generate action sigma-version'
  ).split(' '),
);

/** `fallbackId` names a document that has no id. @throws SigmaError */
export function parseDocument(document: YamlDocument, fallbackId: string): SigmaDocument {
  const { data } = document;
  if (data.correlation !== undefined) {
    return parseCorrelation(document, readMeta(document, fallbackId));
  }
  if (data.filter !== undefined) return parseFilter(document, fallbackId);
  return parseRule(document, fallbackId);
}

function parseRule(document: YamlDocument, fallbackId: string): SigmaRule {
  const { data } = document;
  const { searches, condition } = readDetection(document, 'detection');
  return {
    kind: 'rule',
    ...readMeta(document, fallbackId),
    logSource: readLogSource(data.logsource, document),
    searches,
    condition,
  };
}

function parseFilter(document: YamlDocument, fallbackId: string): SigmaFilter {
  const { data } = document;
  const { title, id, line } = readMeta(document, fallbackId);
  const filter = fieldsOf(data.filter, document, ['filter']);
  const rules = filter.rules === undefined || filter.rules === 'any' ? [] : stringsOf(filter.rules);
  const { searches, condition } = readDetection(document, 'filter', new Set(['rules']));
  const logSource = readLogSource(data.logsource, document);
  return { kind: 'filter', title, id, logSource, ...(rules.length > 0 ? { rules } : {}), searches, condition, line };
}

function fieldsOf(value: unknown, document: YamlDocument, path: readonly string[]): Readonly<Record<string, unknown>> {
  if (isFields(value)) return value;
  const state = value === undefined ? 'is missing' : 'must be a map';
  throw new SigmaError(`"${path.join('.')}" ${state}`, document.lineOf(path), path.join('.'));
}

export function readMeta(document: YamlDocument, fallbackId: string): Meta {
  const { data } = document;
  if (typeof data.title !== 'string' || data.title === '')
    throw new SigmaError('a title is missing', document.lineOf(['title']), 'title');
  const custom = Object.entries(data).filter(([key]) => !KNOWN_KEYS.has(key));
  const status = choice(document, 'status', STATUSES);
  const level = choice(document, 'level', LEVELS);
  return {
    title: data.title,
    id: textOf(data.id) || fallbackId,
    ...(textOf(data.name) === '' ? {} : { name: textOf(data.name) }),
    ...(status === undefined ? {} : { status }),
    ...(level === undefined ? {} : { level }),
    description: textOf(data.description).trim(),
    author: textOf(data.author),
    references: stringsOf(data.references),
    tags: stringsOf(data.tags),
    falsePositives: stringsOf(data.falsepositives),
    fields: stringsOf(data.fields),
    custom: plain(Object.fromEntries(custom)) as Record<string, unknown>,
    line: document.lineOf(['title']),
  };
}

/** Without big integers, which JSON does not have. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one)));
}

function choice<T extends string>(document: YamlDocument, key: string, allowed: readonly T[]): T | undefined {
  const value = document.data[key];
  if (value === undefined || value === null) return undefined;
  const found = allowed.find((one) => one === String(value).toLowerCase());
  if (found !== undefined) return found;
  throw new SigmaError(`"${String(value)}" is not one of ${allowed.join(', ')}`, document.lineOf([key]), key);
}

function textOf(value: unknown): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

/** One text or a list of them. */
export function stringsOf(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.map(textOf).filter((text) => text !== '');
}

function readLogSource(value: unknown, document: YamlDocument): LogSource {
  const source = fieldsOf(value, document, ['logsource']);
  const given = (['category', 'product', 'service'] as const).flatMap((key) => {
    const text = textOf(source[key]).toLowerCase();
    return text === '' ? [] : [[key, text] as const];
  });
  if (given.length > 0) return Object.fromEntries(given);
  throw new SigmaError(
    'the log source needs a category, a product or a service',
    document.lineOf(['logsource']),
    'logsource',
  );
}

interface DetectionPart {
  readonly searches: Readonly<Record<string, Search>>;
  readonly condition: ConditionTree;
}

function readDetection(document: YamlDocument, key: string, others: ReadonlySet<string> = new Set()): DetectionPart {
  const { condition, timeframe: _obsolete, ...rest } = fieldsOf(document.data[key], document, [key]);
  const named = Object.entries(rest).filter(([name]) => !others.has(name));
  const searches = Object.fromEntries(
    named.map(([name, value]) => [name, readSearch(value, [key, name], document)] as const),
  );
  if (named.length === 0) throw new SigmaError('there is nothing to search for', document.lineOf([key]), key);
  return { searches, condition: readCondition(condition, Object.keys(searches), document, [key, 'condition']) };
}

function readCondition(
  value: unknown,
  names: readonly string[],
  document: YamlDocument,
  path: readonly string[],
): ConditionTree {
  const texts = stringsOf(value);
  try {
    if (texts.length === 0) throw new Error('a condition is missing');
    const trees = texts.map(parseCondition);
    const tree: ConditionTree = trees.length === 1 ? (trees[0] as ConditionTree) : { op: 'or', of: trees };
    const missing = missingName(tree, names);
    if (missing !== undefined) throw new Error(`the condition names "${missing}", which is not there`);
    return tree;
  } catch (error) {
    throw new SigmaError((error as Error).message, document.lineOf(path), path.join('.'));
  }
}

/** A map, a list of maps, or keywords. @throws SigmaError */
export function readSearch(
  value: unknown,
  path: readonly PropertyKey[],
  document: Pick<YamlDocument, 'lineOf'>,
): Search {
  if (isFields(value)) return readMap(value, path, document);
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) throw problem('the list is empty', path, document);
  const keywords = values.filter((one) => !isFields(one));
  const maps = values.flatMap((one, index) => (isFields(one) ? [readMap(one, [...path, index], document)] : []));
  const items = keywords.length === 0 ? [] : [readItem('', keywords, path, document)];
  const of = [...maps, ...items];
  return of.length === 1 ? (of[0] as Search) : { op: 'or', of };
}

function readMap(
  map: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
  document: Pick<YamlDocument, 'lineOf'>,
): Search {
  const items = Object.entries(map).map(([key, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return readItem(key, values, [...path, key], document);
  });
  if (items.length === 0) throw problem('the map is empty', path, document);
  return items.length === 1 ? (items[0] as Item) : { op: 'and', of: items };
}

function readItem(
  key: string,
  values: readonly unknown[],
  path: readonly PropertyKey[],
  document: Pick<YamlDocument, 'lineOf'>,
): Item {
  const [field = '', ...modifiers] = key.split('|');
  try {
    if (values.length === 0) throw new Error('the list of values is empty');
    return applyModifiers(field === '' ? undefined : field, modifiers, values, document.lineOf(path));
  } catch (error) {
    throw problem((error as Error).message, path, document);
  }
}

function problem(message: string, path: readonly PropertyKey[], document: Pick<YamlDocument, 'lineOf'>): SigmaError {
  return new SigmaError(message, document.lineOf(path), path.map(String).join('.'));
}
