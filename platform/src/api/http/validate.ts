/** Validation at the edge: a request either fits its schemas or is refused with the name of the field. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { RouteSpec } from '../contract/route.ts';
import { invalid } from './errors.ts';
import { queryCoercion } from './query-values.ts';

/** Unknown fields are mistakes, not wishes to be ignored. */
export function strict(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject ? schema.strict() : schema;
}

export interface RawRequest {
  readonly params: unknown;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface ValidRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** Prepares the validation of one route. */
export function requestValidator(route: RouteSpec): (raw: RawRequest) => ValidRequest {
  const query = route.query ?? z.object({});
  const coerce = queryCoercion(query);
  const querySchema = strict(query);
  const bodySchema = typeof route.body === 'object' ? strict(route.body) : undefined;
  return (raw) => ({
    params: route.params === undefined ? undefined : check(route.params, raw.params),
    query: check(querySchema, coerce(raw.query)),
    body: bodySchema === undefined ? undefined : check(bodySchema, raw.body),
  });
}

function check(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw firstIssue(result.error);
}

/** The first thing that is wrong, as an error of the request; `prefix` is where the value stands in it. */
export function firstIssue(error: z.ZodError, prefix: readonly PropertyKey[] = []) {
  const [issue] = error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...prefix, ...(issue?.path ?? []), ...unknown].map(String).join('.');
  const message = unknown.length > 0 ? `there is no field ${field}` : inWords(issue);
  return invalid(message, field === '' ? undefined : field);
}

/** The commonest mistakes of people who fill in forms; the rest is as the schema says it. */
function inWords(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'is not valid';
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is required';
  const isText = issue.code === 'too_small' && (issue.origin === 'string' || issue.origin === 'array');
  if (isText && issue.minimum === 1 && issue.message.startsWith('Too small')) return 'must not be empty';
  return issue.message.replace(/^Invalid input: /, '');
}

/** For tests: what is sent must be exactly what the schema declares, no field more. */
export function checkAnswer(route: RouteSpec, answer: unknown): void {
  if (typeof route.response === 'string') return;
  const json: unknown = JSON.parse(JSON.stringify(answer));
  const declared = JSON.parse(JSON.stringify(route.response.parse(json)));
  if (isDeepStrictEqual(json, declared)) return;
  throw new Error(`the answer of ${route.method} ${route.path} has more than its schema declares`);
}
