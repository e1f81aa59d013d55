/** The `correlation` section of a document. */
import { parseCondition } from '../condition.ts';
import {
  CORRELATION_TYPES,
  COUNT_OPS,
  type ConditionTree,
  type CorrelationType,
  type CountOp,
  type Meta,
  type SigmaCorrelation,
  SigmaError,
} from '../rule.ts';
import { isFields, type YamlDocument } from '../yaml.ts';

type Fields = Readonly<Record<string, unknown>>;
type Fail = (message: string, key: string) => SigmaError;

const KNOWN_KEYS = new Set(['type', 'rules', 'group-by', 'timespan', 'timeframe', 'condition', 'aliases', 'generate']);
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  M: 2_629_800,
  y: 31_557_600,
};

/** @throws SigmaError */
export function parseCorrelation(document: YamlDocument, meta: Meta): SigmaCorrelation {
  const given = document.data.correlation;
  const fail: Fail = (message, key) =>
    new SigmaError(message, document.lineOf(['correlation', key]), `correlation.${key}`);
  if (!isFields(given)) throw fail('the correlation must be a map', 'type');
  const unknown = Object.keys(given).find((key) => !KNOWN_KEYS.has(key));
  if (unknown !== undefined)
    throw fail(`unknown key "${unknown}"; the keys are ${[...KNOWN_KEYS].join(', ')}`, unknown);
  const type = typeOf(given.type, fail);
  const rules = texts(given.rules);
  if (rules.length === 0) throw fail('the rules are missing: name at least one by id or name', 'rules');
  return {
    kind: 'correlation',
    ...meta,
    type,
    rules,
    groupBy: texts(given['group-by']),
    timespanSeconds: secondsOf(given.timespan ?? given.timeframe, fail),
    ...readCondition(type, given.condition, rules, fail),
    aliases: aliasesOf(given.aliases, fail),
    generate: given.generate === true || document.data.generate === true,
  };
}

function typeOf(value: unknown, fail: Fail): CorrelationType {
  const type = CORRELATION_TYPES.find((one) => one === value);
  if (type === undefined) throw fail(`"${String(value)}" is not one of ${CORRELATION_TYPES.join(', ')}`, 'type');
  return type;
}

function texts(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.filter((one) => one !== undefined && one !== null && one !== '').map(String);
}

function secondsOf(value: unknown, fail: Fail): number {
  const [, count, unit = ''] = /^(\d+)([smhdwMy])$/.exec(String(value)) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw fail(`"${String(value)}" is not a time span such as 90s, 5m, 1h or 2d`, 'timespan');
}

type Condition = Pick<SigmaCorrelation, 'limits' | 'expression' | 'valueFields' | 'percentile'>;

function readCondition(type: CorrelationType, given: unknown, rules: readonly string[], fail: Fail): Condition {
  const isTemporal = type.startsWith('temporal');
  if (given === undefined && isTemporal) return { limits: [], valueFields: [] };
  if (typeof given === 'string' && isTemporal)
    return { limits: [], valueFields: [], expression: expressionOf(given, rules, fail) };
  if (!isFields(given)) throw fail('the condition is missing: e.g. "gte: 10"', 'condition');
  const valueFields = texts(given.field);
  if (type.startsWith('value_') && valueFields.length === 0)
    throw fail(`${type} needs the "field" to look at`, 'condition');
  const { field: _field, percentile, ...rest } = given;
  return {
    limits: limitsOf(rest, fail),
    valueFields,
    ...(percentile === undefined ? {} : { percentile: percentileOf(percentile, fail) }),
  };
}

function percentileOf(value: unknown, fail: Fail): number {
  const percentile = Number(value);
  if (percentile >= 0 && percentile <= 100) return percentile;
  throw fail(`the percentile ${String(value)} is not between 0 and 100`, 'condition');
}

function limitsOf(given: Fields, fail: Fail): SigmaCorrelation['limits'] {
  const limits = Object.entries(given).map(([key, value]) => {
    const op = COUNT_OPS.find((one) => one === key);
    if (op === undefined) throw fail(`"${key}" is not one of ${COUNT_OPS.join(', ')}, field, percentile`, 'condition');
    const limit = Number(value);
    if (!Number.isFinite(limit)) throw fail(`${key} needs a number, not "${String(value)}"`, 'condition');
    return { op: op as CountOp, value: limit };
  });
  if (limits.length === 0) throw fail(`the condition needs at least one of ${COUNT_OPS.join(', ')}`, 'condition');
  return limits;
}

function expressionOf(text: string, rules: readonly string[], fail: Fail): ConditionTree {
  try {
    const tree = parseCondition(text);
    checkNames(tree, rules);
    return tree;
  } catch (error) {
    throw fail((error as Error).message, 'condition');
  }
}

function checkNames(tree: ConditionTree, rules: readonly string[]): void {
  if (tree.op === 'of') throw new Error(`"${tree.count} of" is not for correlations: use "gte"`);
  if (tree.op === 'search') {
    if (!rules.includes(tree.name)) throw new Error(`the condition names "${tree.name}", which is not among the rules`);
    return;
  }
  for (const part of tree.op === 'not' ? [tree.of] : tree.of) checkNames(part, rules);
}

function aliasesOf(given: unknown, fail: Fail): SigmaCorrelation['aliases'] {
  if (given === undefined) return {};
  if (!isFields(given)) throw fail('aliases must be a map of alias to rule to field', 'aliases');
  return Object.fromEntries(
    Object.entries(given).map(([alias, byRule]) => {
      if (!isFields(byRule)) throw fail(`the alias "${alias}" must be a map of rule to field`, 'aliases');
      return [alias, Object.fromEntries(Object.entries(byRule).map(([rule, field]) => [rule, String(field)]))];
    }),
  );
}
