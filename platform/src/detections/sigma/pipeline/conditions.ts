/** Which rules, items and fields a transformation is for. */
import { plainText, writePattern } from '../pattern.ts';
import { compileRegex } from '../regex.ts';
import { type Item, itemsOf, type LogSource, type SigmaRule, type Value } from '../rule.ts';
import type { FieldCondition, ItemCondition, RuleCondition, Transformation } from './schema.ts';

/** Whether every part of the log source asked for is the rule's. `exact`: and the rule's has no other. */
export function fitsLogSource(asked: AskedSource, own: LogSource): boolean {
  return PARTS.every((part) => (asked[part] === undefined && asked.exact !== true) || asked[part] === own[part]);
}

interface AskedSource {
  readonly category?: string | undefined;
  readonly product?: string | undefined;
  readonly service?: string | undefined;
  readonly exact?: boolean | undefined;
}

const PARTS = ['category', 'product', 'service'] as const;

export function isForRule(one: Transformation, rule: SigmaRule, applied: ReadonlySet<string>): boolean {
  return joined(one.rule_conditions, one.rule_cond_op, one.rule_cond_not, (condition) =>
    ruleHolds(condition, rule, applied),
  );
}

function ruleHolds(condition: RuleCondition, rule: SigmaRule, applied: ReadonlySet<string>): boolean {
  switch (condition.type) {
    case 'logsource':
      return fitsLogSource(condition, rule.logSource);
    case 'contains_field':
      return items(rule).some(({ field }) => field === condition.field);
    case 'contains_detection_item':
      return items(rule).some((item) => item.field === condition.field && hasValue(item, String(condition.value)));
    case 'tag':
      return rule.tags.includes(condition.tag);
    case 'rule_attribute':
      return attributeOf(rule, condition.attribute) === String(condition.value);
    default:
      return applied.has(condition.processing_item_id);
  }
}

function items(rule: SigmaRule): readonly Item[] {
  return Object.values(rule.searches).flatMap(itemsOf);
}

function hasValue({ values }: Item, text: string): boolean {
  return values.some((value) => value.is === 'text' && plainText(value.parts)?.toLowerCase() === text.toLowerCase());
}

function attributeOf(rule: SigmaRule, name: string): string | undefined {
  const own = rule as unknown as Readonly<Record<string, unknown>>;
  const value = Object.hasOwn(own, name) ? own[name] : rule.custom[name];
  return value === undefined ? undefined : String(value);
}

export function isForItem(one: Transformation, item: Item): boolean {
  const { detection_item_conditions: conditions, detection_item_cond_op: op, detection_item_cond_not: not } = one;
  return joined(conditions, op, not, (condition) => itemHolds(condition, item)) && isForField(one, item.field, item);
}

function itemHolds(condition: ItemCondition, item: Item): boolean {
  if (condition.type === 'processing_item_applied')
    return item.applied?.includes(condition.processing_item_id) === true;
  const test = valueTest(condition);
  return condition.cond === 'any' ? item.values.some(test) : item.values.every(test);
}

function valueTest(condition: ItemCondition): (value: Value) => boolean {
  if (condition.type === 'is_null') return ({ is }) => is === 'null';
  if (condition.type === 'contains_wildcard')
    return (value) => value.is === 'text' && value.parts.some((part) => typeof part === 'object' && 'wild' in part);
  const pattern = compileRegex(condition.type === 'match_string' ? condition.pattern : '', '');
  return (value) => value.is === 'text' && pattern.test(writePattern(value.parts));
}

/** `item`: of which it is the field. */
export function isForField(one: Transformation, field: string | undefined, item?: Item): boolean {
  const { field_name_conditions: conditions, field_name_cond_op: op, field_name_cond_not: not } = one;
  if (conditions.length === 0) return true;
  return field !== undefined && joined(conditions, op, not, (condition) => fieldHolds(condition, field, item));
}

function fieldHolds(condition: FieldCondition, field: string, item: Item | undefined): boolean {
  if (condition.type === 'processing_item_applied')
    return item?.applied?.includes(condition.processing_item_id) === true;
  const isListed = condition.fields.some((name) =>
    condition.match_type === 're' ? compileRegex(name, '').test(field) : name === field,
  );
  return isListed === (condition.type === 'include_fields');
}

function joined<T>(
  conditions: readonly T[],
  op: 'and' | 'or' | undefined,
  isNegated: boolean | undefined,
  holds: (condition: T) => boolean,
): boolean {
  const result = conditions.length === 0 || (op === 'or' ? conditions.some(holds) : conditions.every(holds));
  return result !== (isNegated === true);
}
