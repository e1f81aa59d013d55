export interface PlainCondition {
  readonly field: string;
  readonly condition: string;
  readonly value: unknown;
}

/** A match expression that compares one field; undefined for combinations. */
export function plainCondition(expression: Readonly<Record<string, unknown>>): PlainCondition | undefined {
  const { Key: key, KeyPath: path, DeepKey: deep, Condition: condition, Value: value, Values: values } = expression;
  const field = typeof key === 'string' ? key : typeof path === 'string' ? path : deepPath(deep);
  if (field === undefined || typeof condition !== 'string') return undefined;
  return { field, condition, value: value ?? values };
}

function deepPath(deep: unknown): string | undefined {
  return Array.isArray(deep) ? deep.join('.') : undefined;
}
