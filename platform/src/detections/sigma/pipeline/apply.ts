/** Applies processing pipelines to a rule: log types, names of fields, values, added conditions. */
import { readSearch } from '../parse.ts';
import {
  type ConditionTree,
  type Item,
  type LogSource,
  mapItems,
  type Search,
  SigmaError,
  type SigmaRule,
  type Value,
} from '../rule.ts';
import { isForField, isForItem, isForRule } from './conditions.ts';
import { isFieldTransformation, renameField } from './fields.ts';
import type { Pipeline, Transformation } from './schema.ts';
import { type Vars, valueChanger } from './values.ts';

export interface Processed {
  readonly rule: SigmaRule;
  /** Of the events that the rule is for; empty when no pipeline knows its log source. */
  readonly logTypes: readonly string[];
  /** Where a field of the rule's events is that the rule itself does not name; see `placesOf`. */
  fieldOf(name: string): string;
}

/** In the order of their priorities, then as given. @throws SigmaError when a pipeline refuses the rule. */
export function applyPipelines(rule: SigmaRule, pipelines: readonly Pipeline[]): Processed {
  const ordered = pipelines.toSorted((a, b) => a.priority - b.priority);
  const vars: Vars = Object.assign({}, ...ordered.map((one) => one.vars).reverse());
  const applied = new Set<string>();
  const renamings: ((name: string) => string)[] = [];
  let draft: Draft = { rule, logTypes: [] };
  for (const one of ordered.flatMap(({ transformations }) => transformations)) {
    if (!isForRule(one, draft.rule, applied)) continue;
    if (isFieldTransformation(one)) {
      renamings.push((name) => (isForField(one, name) ? renameField(one, name) : name));
    }
    draft = transform(one, draft, vars);
    if (one.id !== undefined) applied.add(one.id);
  }
  return { ...draft, fieldOf: (name) => renamings.reduce((field, rename) => rename(field), name) };
}

interface Draft {
  readonly rule: SigmaRule;
  readonly logTypes: readonly string[];
}

function transform(one: Transformation, draft: Draft, vars: Vars): Draft {
  const { rule } = draft;
  switch (one.type) {
    case 'set_log_types':
      return draft.logTypes.length > 0 ? draft : { ...draft, logTypes: one.log_types };
    case 'change_logsource':
      return { ...draft, rule: { ...rule, logSource: logSourceOf(one) } };
    case 'add_condition':
      return { ...draft, rule: withCondition(rule, one) };
    case 'set_custom_attribute':
      return { ...draft, rule: { ...rule, custom: { ...rule.custom, [one.attribute]: one.value } } };
    case 'rule_failure':
      throw new SigmaError(one.message, rule.line, 'logsource');
    default:
      return { ...draft, rule: changeItems(rule, one, vars) };
  }
}

function logSourceOf({ category, product, service }: { [key in keyof LogSource]: string | undefined }): LogSource {
  return {
    ...(category === undefined ? {} : { category }),
    ...(product === undefined ? {} : { product }),
    ...(service === undefined ? {} : { service }),
  };
}

/** A search under a name that rules cannot have, and must hold as well. */
function withCondition(rule: SigmaRule, one: Transformation & { type: 'add_condition' }): SigmaRule {
  const name = `(${one.id ?? 'added'} ${Object.keys(rule.searches).length})`;
  const search = readSearch(one.conditions, ['conditions'], { lineOf: () => rule.line });
  const added: ConditionTree = { op: 'search', name };
  const condition: ConditionTree = {
    op: 'and',
    of: [rule.condition, one.negated === true ? { op: 'not', of: added } : added],
  };
  return { ...rule, searches: { ...rule.searches, [name]: search }, condition };
}

function changeItems(rule: SigmaRule, one: Transformation, vars: Vars): SigmaRule {
  const change = itemChanger(one, vars);
  const searches = Object.entries(rule.searches).flatMap(([name, search]) => {
    const changed = mapItems(search, (item) => (isForItem(one, item) ? mark(change(item), one) : item));
    // What lost all of its items asks for nothing.
    return [[name, changed ?? EVERYTHING] as const];
  });
  return { ...rule, searches: Object.fromEntries(searches) };
}

const EVERYTHING: Search = { op: 'and', of: [] };

function mark(item: Item | undefined, { id }: Transformation): Item | undefined {
  if (item === undefined || id === undefined) return item;
  return { ...item, applied: [...(item.applied ?? []), id] };
}

function itemChanger(one: Transformation, vars: Vars): (item: Item) => Item | undefined {
  if (isFieldTransformation(one)) return (item) => renameIn(item, (name) => renameField(one, name));
  if (one.type === 'drop_detection_item') return () => undefined;
  if (one.type === 'detection_item_failure')
    return ({ line, field }) => {
      throw new SigmaError(one.message, line, field ?? '');
    };
  const change = valueChanger(one, vars);
  return (item) => {
    try {
      return change === undefined ? item : { ...item, values: item.values.map(change) };
    } catch (error) {
      throw new SigmaError((error as Error).message, item.line, item.field ?? '');
    }
  };
}

function renameIn(item: Item, rename: (name: string) => string): Item {
  const values = item.values.map((value) => renameReference(value, rename));
  return item.field === undefined ? { ...item, values } : { ...item, field: rename(item.field), values };
}

function renameReference(value: Value, rename: (name: string) => string): Value {
  if (value.is === 'any') return { is: 'any', of: value.of.map((one) => renameReference(one, rename)) };
  return value.is === 'field' ? { ...value, field: rename(value.field) } : value;
}
