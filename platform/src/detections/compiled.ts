/** Detections that are data: compiled to functions, run where the events are. */

import { errorMessage } from '../core/errors.ts';
import type { Detection } from './detection.ts';
import type { Predicate } from './match/compile.ts';
import { compileFilters, compileMatchDetection } from './match/detection.ts';
import { parseExpressions } from './match/parse.ts';
import { planExpression } from './match/plan.ts';
import { and, type Condition } from './planner/condition.ts';
import type { Answer, Outputs } from './runner.ts';
import { planSigma } from './sigma/plan.ts';
import { compileSigma, contextOf, singleMatcher } from './sigma/run.ts';
import type { SigmaPart } from './sigma/specification.ts';

export interface CompiledDetection {
  matches: Predicate;
  /** Of an event that matched. */
  outputs(event: unknown): Outputs;
  /** What an event must have to match. */
  readonly condition: Condition;
}

/** Undefined for a detection with code. */
export function compileDetection({
  language,
  spec,
}: Pick<Detection, 'language' | 'spec'>): CompiledDetection | undefined {
  if (language === 'sigma') return sigmaDetection(spec.Sigma as SigmaPart);
  if (language !== 'yaml' || !Array.isArray(spec.Detection)) return undefined;
  const { expression, matches, outputs } = compileMatchDetection(spec);
  return { matches, outputs, condition: planExpression(expression) };
}

function sigmaDetection(part: SigmaPart): CompiledDetection {
  const context = contextOf(part);
  return {
    matches: singleMatcher(part) as Predicate,
    outputs: (event) => (context === undefined ? {} : { alert_context: context(event as object) }),
    get condition() {
      return planSigma(compileSigma(part));
    },
  };
}

/** Of `InlineFilters`: events that it refuses are not given to the detection. */
export function filterOf({ spec }: Pick<Detection, 'spec'>): Predicate | undefined {
  return compileFilters(spec);
}

/** The condition of a detection, narrowed by its inline filters. */
export function withFilters(condition: Condition, { spec }: Pick<Detection, 'spec'>): Condition {
  if (spec.InlineFilters === undefined || spec.InlineFilters === null) return condition;
  return and(condition, planExpression(parseExpressions(spec.InlineFilters, []).expression));
}

/** Undefined: no match. What fails is an error of the detection. `isTest`: outputs also without a match. */
export function evaluateCompiled(
  { matches, outputs }: CompiledDetection,
  event: unknown,
  isTest = false,
): Omit<Answer, 'event' | 'rule'> | undefined {
  try {
    const matched = matches(event);
    if (!matched && !isTest) return undefined;
    return { matched, outputs: outputs(event) };
  } catch (error) {
    const message = errorMessage(error);
    const type = error instanceof Error ? error.name : 'Error';
    return { error: { type, title: `${type}: ${message}`, message } };
  }
}
