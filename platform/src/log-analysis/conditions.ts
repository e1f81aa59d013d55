/**
 * Conditions of schemas over a parsed record: `{field, in}`, `{field, exists}` …, joined by `any`, `all`, `not`.
 * They compile to JavaScript expressions inside the generated normaliser.
 */
import { z } from 'zod';
import { compileRegex } from './regex-engine.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const testShape = {
  /** A key of the record, or a path into it. */
  field: z.union([z.string(), z.array(z.string()).min(1)]),
  exists: z.boolean().optional(),
  equals: scalar.optional(),
  in: z.array(scalar).min(1).optional(),
  notIn: z.array(scalar).min(1).optional(),
  startsWith: z.string().optional(),
  endsWith: z.string().optional(),
  /** A regular expression that matches somewhere in the text. */
  pattern: z.string().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
};

export interface FieldTest {
  field: string | string[];
  exists?: boolean | undefined;
  equals?: string | number | boolean | undefined;
  in?: (string | number | boolean)[] | undefined;
  notIn?: (string | number | boolean)[] | undefined;
  startsWith?: string | undefined;
  endsWith?: string | undefined;
  pattern?: string | undefined;
  min?: number | undefined;
  max?: number | undefined;
}

export type Condition = FieldTest | { any: Condition[] } | { all: Condition[] } | { not: Condition };

export const conditionSchema: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject(testShape).refine((test) => Object.keys(test).length > 1, 'says nothing about the field'),
    z.strictObject({ any: z.array(conditionSchema).min(1) }),
    z.strictObject({ all: z.array(conditionSchema).min(1) }),
    z.strictObject({ not: conditionSchema }),
  ]),
);

/** Adds a value to the generated function's environment and gives the name it has there. */
export type Bind = (value: unknown) => string;

/** A JavaScript expression that is true when the condition holds for the object in the variable `object`. */
export function conditionExpression(condition: Condition, object: string, bind: Bind): string {
  if ('any' in condition) return joined(condition.any, object, bind, ' || ');
  if ('all' in condition) return joined(condition.all, object, bind, ' && ');
  if ('not' in condition) return `!(${conditionExpression(condition.not, object, bind)})`;
  return testExpression(condition, object, bind);
}

function joined(conditions: readonly Condition[], object: string, bind: Bind, operator: string): string {
  return `(${conditions.map((condition) => conditionExpression(condition, object, bind)).join(operator)})`;
}

function testExpression(test: FieldTest, object: string, bind: Bind): string {
  const value = pathExpression(test.field, object);
  const parts: string[] = [];
  if (test.exists !== undefined) parts.push(`${value} ${test.exists ? '!=' : '=='} null`);
  if (test.equals !== undefined) parts.push(`${value} === ${JSON.stringify(test.equals)}`);
  if (test.in !== undefined) parts.push(isOneOf(value, test.in, bind));
  if (test.notIn !== undefined) parts.push(`!${isOneOf(value, test.notIn, bind)}`);
  if (test.startsWith !== undefined) parts.push(onText(value, `startsWith(${JSON.stringify(test.startsWith)})`));
  if (test.endsWith !== undefined) parts.push(onText(value, `endsWith(${JSON.stringify(test.endsWith)})`));
  if (test.pattern !== undefined) {
    parts.push(`(typeof ${value} === "string" && ${bind(compileRegex(test.pattern))}.test(${value}))`);
  }
  if (test.min !== undefined) parts.push(`${value} != null && Number(${value}) >= ${test.min}`);
  if (test.max !== undefined) parts.push(`${value} != null && Number(${value}) <= ${test.max}`);
  return `(${parts.join(' && ')})`;
}

function isOneOf(value: string, values: readonly (string | number | boolean)[], bind: Bind): string {
  if (values.length > 8) return `${bind(new Set(values))}.has(${value})`;
  return `(${values.map((one) => `${value} === ${JSON.stringify(one)}`).join(' || ')})`;
}

function onText(value: string, call: string): string {
  return `(typeof ${value} === "string" && ${value}.${call})`;
}

/** A path into an object, safe when a part of it is missing. */
export function pathExpression(field: string | readonly string[], object: string): string {
  const path = typeof field === 'string' ? [field] : field;
  return path.reduce(
    (expression, key, index) => `${expression}${index === 0 ? '' : '?.'}[${JSON.stringify(key)}]`,
    object,
  );
}
