/** Checks a specification against its type. */
import type { z } from 'zod';
import { type AnalysisType, specifications } from './index.ts';
import type { SpecIssue } from './shared.ts';

export type Checked =
  | { readonly id: string; readonly data: Readonly<Record<string, unknown>>; readonly warnings: readonly SpecIssue[] }
  | { readonly issues: readonly SpecIssue[]; readonly warnings: readonly SpecIssue[] };

/** Keys that are not known are warnings, everything else is an issue. `data` has the known keys, with their defaults. */
export function checkSpec(type: AnalysisType, spec: Readonly<Record<string, unknown>>): Checked {
  const { schema, check, idKey } = specifications[type];
  const first = schema.safeParse(spec);
  if (first.success) return finish(first.data, idKey, check, []);
  const warnings = first.error.issues.flatMap(toUnknownKeys);
  const known = warnings.reduce<unknown>((rest, { path }) => without(rest, path), spec);
  const second = schema.safeParse(known);
  if (second.success) return finish(second.data, idKey, check, warnings);
  const issues = second.error.issues.flatMap((issue) => toIssue(issue, spec));
  return { issues, warnings };
}

function finish(
  data: Readonly<Record<string, unknown>>,
  idKey: string,
  check: ((spec: Readonly<Record<string, unknown>>) => readonly SpecIssue[]) | undefined,
  warnings: readonly SpecIssue[],
): Checked {
  const issues = check?.(data) ?? [];
  if (issues.length > 0) return { issues, warnings };
  return { id: String(data[idKey]), data, warnings };
}

function toUnknownKeys(issue: z.core.$ZodIssue): readonly SpecIssue[] {
  if (issue.code !== 'unrecognized_keys') return [];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: `unknown key ${key}` }));
}

/** A copy without what the path names. */
function without(value: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (typeof value !== 'object' || value === null || key === undefined) return value;
  const name = String(key);
  const own = (value as Record<string, unknown>)[name];
  if (Array.isArray(value)) return value.map((one, index) => (String(index) === name ? without(one, rest) : one));
  if (rest.length > 0) return { ...value, [name]: without(own, rest) };
  return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
}

/** What was expected, and what is there instead. */
function toIssue(issue: z.core.$ZodIssue, spec: unknown): SpecIssue {
  const found = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], spec);
  const [name] = issue.path.slice(-1);
  if (found === undefined && issue.code !== 'custom') {
    return { path: issue.path, message: `${String(name ?? 'the value')} is missing: ${expected(issue)}` };
  }
  return { path: issue.path, message: `${expected(issue)}, not ${shown(found)}` };
}

function expected(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value')
    return `must be one of ${issue.values.map((one) => JSON.stringify(one)).join(', ')}`;
  if (issue.code === 'invalid_type') return `must be ${WORDS[issue.expected] ?? issue.expected}`;
  return issue.message;
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
