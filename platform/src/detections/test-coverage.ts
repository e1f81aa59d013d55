/** Which detections have too few unit tests. */
import type { AnalysisType, Detection } from './detection.ts';

export interface TestCoverage {
  /** Detections that could have tests. */
  readonly detections: number;
  /** Ids of those without a test that expects an alert. */
  readonly withoutPositive: readonly string[];
  /** Ids of those without a test that expects none. */
  readonly withoutNegative: readonly string[];
}

const TESTED: readonly AnalysisType[] = ['rule', 'scheduled_rule', 'policy', 'correlation_rule'];

export function testCoverage(detections: readonly Detection[]): TestCoverage {
  const own = detections.filter(isTestable);
  return {
    detections: own.length,
    withoutPositive: own.filter((one) => !hasTest(one, true)).map(({ id }) => id),
    withoutNegative: own.filter((one) => !hasTest(one, false)).map(({ id }) => id),
  };
}

/** Detections with fewer tests than asked for, and why; more than one must expect both results. */
export function tooFewTests(
  detections: readonly Detection[],
  minimum: number,
): readonly { readonly id: string; readonly reason: string }[] {
  return detections.filter(isTestable).flatMap((one) => {
    const { id, tests } = one;
    if (tests.length < minimum) return [{ id, reason: `has ${tests.length} of at least ${minimum} tests` }];
    if (minimum < 2 || (hasTest(one, true) && hasTest(one, false))) return [];
    return [{ id, reason: 'needs a test that expects an alert and one that expects none' }];
  });
}

function isTestable({ type, language }: Detection): boolean {
  return TESTED.includes(type) && language !== 'sigma';
}

function hasTest({ type, tests }: Detection, isAlert: boolean): boolean {
  return tests.some(({ expectedResult }) => (expectedResult === (type !== 'policy')) === isAlert);
}
