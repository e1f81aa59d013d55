/** Exceptions: events that a detection matches, but that are no alerts. In the state, or kept in files with detections. */
import type { LogEvent } from '../../core/event.ts';
import type { Detection } from '../detection.ts';
import type { SpecIssue } from '../format/shared.ts';
import { compileExpression, type Predicate } from '../match/compile.ts';
import { parseExpressions } from '../match/parse.ts';

export interface Exception {
  readonly id: string;
  readonly detectionId: string;
  /** A list of match expressions, all of which must hold. */
  readonly conditions: unknown;
  /** RFC 3339; it hides nothing from then on. */
  readonly expiresAt: string | undefined;
}

export interface CompiledException {
  readonly id: string;
  readonly expiresAtMs: number;
  readonly holds: Predicate;
}

/** What is wrong with conditions; a list that restricts nothing would hide every match. */
export function checkConditions(conditions: unknown, base: readonly PropertyKey[]): readonly SpecIssue[] {
  if (Array.isArray(conditions) && conditions.length === 0)
    return [{ path: base, message: 'must have at least one condition: without one every match would be hidden' }];
  return parseExpressions(conditions, base).issues;
}

/** Of conditions without issues. */
export function compileConditions(conditions: unknown): Predicate {
  return compileExpression(parseExpressions(conditions, []).expression);
}

/** Those among what was loaded: `AnalysisType: exception`. */
export function exceptionsOf(detections: readonly Detection[]): readonly Exception[] {
  const own = detections.filter(({ type, isEnabled }) => type === 'exception' && isEnabled);
  return own.map(({ id, spec }) => ({
    id,
    detectionId: String(spec.DetectionID),
    conditions: spec.Conditions,
    expiresAt: typeof spec.Expires === 'string' ? new Date(spec.Expires).toISOString() : undefined,
  }));
}

/** By detection id; detections without exceptions are not in it. One whose conditions have issues hides nothing. */
export function compileExceptions(exceptions: readonly Exception[]): ReadonlyMap<string, readonly CompiledException[]> {
  const compiled = new Map<string, CompiledException[]>();
  for (const { id, detectionId, conditions, expiresAt } of exceptions) {
    if (checkConditions(conditions, []).length > 0) continue;
    const own = compiled.get(detectionId) ?? [];
    compiled.set(detectionId, own);
    const expiresAtMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
    own.push({ id, expiresAtMs, holds: compileConditions(conditions) });
  }
  return compiled;
}

/** The first live one that hides the event. Conditions that fail on it hide nothing. */
export function hiddenBy(
  exceptions: readonly CompiledException[],
  event: LogEvent,
  nowMs: number,
): CompiledException | undefined {
  return exceptions.find(({ expiresAtMs, holds }) => nowMs < expiresAtMs && doesHold(holds, event));
}

function doesHold(holds: Predicate, event: LogEvent): boolean {
  try {
    return holds(event);
  } catch {
    return false;
  }
}
