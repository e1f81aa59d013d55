/**
 * Reads what came out of a rule's context. Rules can change the objects that the code around them works with, so what
 * they say is taken by its form only: an answer of the wrong form is the rule's error.
 */
import { z } from 'zod';
import type { Answer, Outputs, Trouble } from '../runner.ts';

const trouble = z.object({ type: z.string().max(1_000), title: z.string().max(1_000), message: z.string().max(4_000) });
const text = z.string().max(1_000).optional();

const outputs = z.object({
  title: text,
  description: text,
  reference: text,
  runbook: text,
  dedup: text,
  unique: text,
  severity: z.enum(['INFO', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'DEFAULT']).optional(),
  destinations: z.array(z.string()).min(1).max(10).nullable().optional(),
  alert_context: z
    .string()
    .max(200 * 1024)
    .refine(isJsonObject)
    .optional(),
});

const answer = z.union([
  z.object({ error: trouble }),
  z.object({ matched: z.boolean(), outputs, errors: z.record(z.string(), trouble) }),
]);

const WRONG: Trouble = {
  type: 'TypeError',
  title: 'TypeError: the rule changed what its answer is made with',
  message: 'the rule changed what its answer is made with',
};

/** The answer of one call, without the event and the rule that it is for. */
export function readAnswer(json: unknown): Omit<Answer, 'event' | 'rule'> {
  const parsed = answer.safeParse(parseJson(json));
  if (!parsed.success) return { error: WRONG };
  if ('error' in parsed.data) return parsed.data;
  const { matched, errors } = parsed.data;
  const given = Object.entries(parsed.data.outputs).filter(([, value]) => value !== undefined);
  return { matched, outputs: Object.fromEntries(given) as Outputs, errors };
}

function parseJson(json: unknown): unknown {
  try {
    return typeof json === 'string' ? JSON.parse(json) : undefined;
  } catch {
    return undefined;
  }
}

function isJsonObject(json: string): boolean {
  const value = parseJson(json);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
