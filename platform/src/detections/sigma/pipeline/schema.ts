/** Processing pipelines, as YAML files have them: what is changed in rules before they are run. */
import { z } from 'zod';
import { checkRegex } from '../regex.ts';
import { SigmaError } from '../rule.ts';
import type { YamlDocument } from '../yaml.ts';

const text = z.preprocess((value) => (typeof value === 'bigint' ? value.toString() : value), z.string().min(1));
const texts = z.union([text.transform((one): readonly string[] => [one]), z.array(text)]);
/** May be empty: a prefix that goes. */
const prefixes = z.union([z.string().transform((one): readonly string[] => [one]), z.array(z.string())]);
const scalar = z.preprocess(
  (value) => (typeof value === 'bigint' ? Number(value) : value),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);
const scalars = z.union([scalar.transform((one) => [one]), z.array(scalar)]);
const regex = z.string().superRefine((pattern, context) => {
  try {
    checkRegex(pattern, '');
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const logSource = { category: text.optional(), product: text.optional(), service: text.optional() };

export const ruleCondition = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('logsource'), ...logSource, exact: z.boolean().optional() }),
  z.strictObject({ type: z.literal('contains_field'), field: text }),
  z.strictObject({ type: z.literal('contains_detection_item'), field: text, value: scalar }),
  z.strictObject({ type: z.literal('tag'), tag: text }),
  z.strictObject({ type: z.literal('rule_attribute'), attribute: text, value: scalar }),
  z.strictObject({ type: z.literal('processing_item_applied'), processing_item_id: text }),
]);

export const itemCondition = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('match_string'), cond: z.enum(['any', 'all']), pattern: regex }),
  z.strictObject({ type: z.literal('contains_wildcard'), cond: z.enum(['any', 'all']) }),
  z.strictObject({ type: z.literal('is_null'), cond: z.enum(['any', 'all']) }),
  z.strictObject({ type: z.literal('processing_item_applied'), processing_item_id: text }),
]);

const fieldList = { fields: z.array(regex), match_type: z.enum(['plain', 're']).optional() };

export const fieldCondition = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('include_fields'), ...fieldList }),
  z.strictObject({ type: z.literal('exclude_fields'), ...fieldList }),
  z.strictObject({ type: z.literal('processing_item_applied'), processing_item_id: text }),
]);

const op = z.enum(['and', 'or']).optional();

const common = {
  id: text.optional(),
  rule_conditions: z.array(ruleCondition).default([]),
  rule_cond_op: op,
  rule_cond_not: z.boolean().optional(),
  detection_item_conditions: z.array(itemCondition).default([]),
  detection_item_cond_op: op,
  detection_item_cond_not: z.boolean().optional(),
  field_name_conditions: z.array(fieldCondition).default([]),
  field_name_cond_op: op,
  field_name_cond_not: z.boolean().optional(),
};

export const transformation = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('set_log_types'), ...common, log_types: texts }),
  z.strictObject({ type: z.literal('field_name_mapping'), ...common, mapping: z.record(z.string(), texts) }),
  z.strictObject({ type: z.literal('field_name_prefix'), ...common, prefix: text }),
  z.strictObject({ type: z.literal('field_name_suffix'), ...common, suffix: text }),
  z.strictObject({ type: z.literal('field_name_prefix_mapping'), ...common, mapping: z.record(z.string(), prefixes) }),
  z.strictObject({
    type: z.literal('field_name_transform'),
    ...common,
    transform_func: z.enum(['lower', 'upper', 'snake_case', 'camel_case', 'title']),
    mapping: z.record(z.string(), text).default({}),
  }),
  z.strictObject({ type: z.literal('field_name_paths'), ...common, paths: z.array(text).min(1) }),
  z.strictObject({
    type: z.literal('add_condition'),
    ...common,
    conditions: z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))]),
    negated: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('change_logsource'), ...common, ...logSource }),
  z.strictObject({ type: z.literal('drop_detection_item'), ...common }),
  z.strictObject({ type: z.literal('replace_string'), ...common, regex, replacement: z.string() }),
  z.strictObject({ type: z.literal('map_string'), ...common, mapping: z.record(z.string(), texts) }),
  z.strictObject({ type: z.literal('set_value'), ...common, value: scalar }),
  z.strictObject({
    type: z.literal('value_placeholders'),
    ...common,
    include: z.array(text).optional(),
    exclude: z.array(text).optional(),
  }),
  z.strictObject({
    type: z.literal('wildcard_placeholders'),
    ...common,
    include: z.array(text).optional(),
    exclude: z.array(text).optional(),
  }),
  z.strictObject({ type: z.literal('set_custom_attribute'), ...common, attribute: text, value: scalar }),
  z.strictObject({ type: z.literal('rule_failure'), ...common, message: text }),
  z.strictObject({ type: z.literal('detection_item_failure'), ...common, message: text }),
]);

const pipeline = z.strictObject({
  name: z.string().default(''),
  priority: z.preprocess((value) => (typeof value === 'bigint' ? Number(value) : value), z.number().default(0)),
  allowed_backends: z.unknown().optional(),
  vars: z.record(z.string(), scalars).default({}),
  transformations: z.array(transformation).default([]),
});

export type RuleCondition = z.infer<typeof ruleCondition>;
export type ItemCondition = z.infer<typeof itemCondition>;
export type FieldCondition = z.infer<typeof fieldCondition>;
export type Transformation = z.infer<typeof transformation>;
export type Pipeline = z.infer<typeof pipeline>;

/** @throws SigmaError for the first mistake. */
export function parsePipeline(document: YamlDocument): Pipeline {
  const read = pipeline.safeParse(document.data);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue?.path ?? [];
  throw new SigmaError(messageOf(issue, document.data), document.lineOf(path), path.map(String).join('.'));
}

/** Of a choice by `type`, which types there are. */
function messageOf(issue: z.core.$ZodIssue | undefined, data: unknown): string {
  if (issue?.code !== 'invalid_union' || issue.path.at(-1) !== 'type') return issue?.message ?? 'is not a pipeline';
  const given = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], data);
  const [list] = issue.path.slice(-3);
  const union = UNIONS[String(list)];
  const known = union?.options.map((one) => one.shape.type.value).join(', ') ?? '';
  return `"${String(given)}" is not one of ${known}`;
}

const UNIONS: Readonly<Record<string, { options: readonly { shape: { type: { value: string } } }[] }>> = {
  transformations: transformation,
  rule_conditions: ruleCondition,
  detection_item_conditions: itemCondition,
  field_name_conditions: fieldCondition,
};

/** Whether a YAML document is a pipeline and not a rule. */
export function isPipeline(data: Readonly<Record<string, unknown>>): boolean {
  const hasRule = ['detection', 'correlation', 'filter', 'AnalysisType'].some((key) => key in data);
  return !hasRule && (Array.isArray(data.transformations) || (typeof data.vars === 'object' && 'name' in data));
}
