/** Conditions that ask for a name of data models, for one log type: there the name is a field, or nothing. */
import type { JsonPathStep } from '../format/json-path.ts';
import type { HelperSource } from '../runner.ts';
import { and, type Condition, or, type Step, type TestCondition, TRUE, test } from './condition.ts';

/** Names to the keys that lead to their values; null: only code can tell. */
export type Model = ReadonlyMap<string, readonly string[] | null>;
/** By log type. */
export type Models = ReadonlyMap<string, Model>;

export function readModels(helpers: readonly HelperSource[]): Models {
  return new Map(
    helpers.flatMap(({ model }) => (model === undefined ? [] : [[model.logType, toModel(model)] as const])),
  );
}

function toModel({ mappings }: NonNullable<HelperSource['model']>): Model {
  return new Map(mappings.map((mapping) => [mapping.name, 'steps' in mapping ? keysOf(mapping.steps) : null]));
}

/** Of a path that is nothing but names. */
function keysOf(steps: readonly JsonPathStep[]): readonly string[] | null {
  const keys = steps.flatMap((step) => (step.by === 'fields' && step.names.length === 1 ? step.names : []));
  return keys.length > 0 && keys.length === steps.length ? keys : null;
}

/** What the condition is for events of a log type with this model, or with none. */
export function withModel(condition: Condition, model: Model | undefined): Condition {
  if (!asksModel(condition)) return condition;
  switch (condition.op) {
    case 'test':
      return resolved(condition, model);
    case 'and':
      return and(...condition.of.map((one) => withModel(one, model)));
    case 'or':
      return or(...condition.of.map((one) => withModel(one, model)));
    default:
      return condition;
  }
}

function asksModel(condition: Condition): boolean {
  if (condition.op === 'test') return condition.steps[0]?.by === 'udm';
  return 'of' in condition && condition.of.some(asksModel);
}

function resolved({ language, steps, test: asked, when }: TestCondition, model: Model | undefined): Condition {
  const [first, ...rest] = steps as [Step & { by: 'udm' }, ...Step[]];
  const path = model?.has(first.name) === true ? model.get(first.name) : undefined;
  if (path === null) return TRUE;
  return test({ language, steps: [{ ...first, path: path ?? null }, ...rest] }, asked, when);
}
