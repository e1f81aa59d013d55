/**
 * Runs the unit tests inside detections, on the same code path as live events. A test that expects a match passes when
 * the rule matches and none of its alert functions fails; one that expects none passes when the rule says no.
 */
import type { Detection, DetectionTest } from './detection.ts';
import type { HelperSource } from './python/runner.ts';
import type { Answer, TestCall, Trouble } from './runner.ts';

export interface TestResult {
  readonly id: string;
  readonly type: string;
  readonly test: string;
  readonly passed: boolean;
  readonly expectedResult: boolean;
  /** Null when the rule failed. */
  readonly actualResult: boolean | null;
  readonly error: string | null;
  /** What the alert functions returned, when the rule matched. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
}

export interface TestRunners {
  readonly python: { test(call: TestCall, helpers: readonly HelperSource[]): Promise<Answer> };
  readonly typescript: { test(call: TestCall): Promise<Answer> };
}

/** Tests one by one, in order. `names`: only these. */
export async function* runTests(
  detections: readonly Detection[],
  runners: TestRunners,
  names?: ReadonlySet<string>,
): AsyncGenerator<TestResult> {
  const helpers = detections
    .filter(({ type, language }) => type === 'global' && language === 'python')
    .map(({ id, file, body }) => ({ id, file, body }));
  for (const detection of detections) {
    for (const test of detection.tests) {
      if (names !== undefined && !names.has(test.name)) continue;
      yield await runTest(detection, test, runners, helpers);
    }
  }
}

async function runTest(
  detection: Detection,
  test: DetectionTest,
  runners: TestRunners,
  helpers: readonly HelperSource[],
): Promise<TestResult> {
  const startedAt = performance.now();
  const answer = await call(detection, test, runners, helpers);
  const actualResult = answer.error === undefined ? (answer.matched ?? false) : null;
  const error = errorOf(test, answer);
  return {
    id: detection.id,
    type: detection.type,
    test: test.name,
    passed: error === null && actualResult === test.expectedResult,
    expectedResult: test.expectedResult,
    actualResult,
    error: error ?? (actualResult === test.expectedResult ? null : mismatch(test)),
    outputs: actualResult === true ? { ...answer.outputs } : {},
    durationMs: performance.now() - startedAt,
  };
}

function call(
  { id, file, body, language }: Detection,
  { log, mocks }: DetectionTest,
  runners: TestRunners,
  helpers: readonly HelperSource[],
): Promise<Answer> {
  const request = { rule: { key: 0, id, file, body }, eventJson: JSON.stringify(log), mocks };
  return language === 'typescript' ? runners.typescript.test(request) : runners.python.test(request, helpers);
}

function errorOf({ expectedResult }: DetectionTest, { error, errors }: Answer): string | null {
  if (error !== undefined) return text(error);
  const [first] = expectedResult ? Object.entries(errors ?? {}) : [];
  return first === undefined ? null : `${first[0]}: ${text(first[1])}`;
}

function mismatch({ expectedResult }: DetectionTest): string {
  return expectedResult ? 'expected a match, the rule said no' : 'expected no match, the rule matched';
}

function text({ type, message }: Trouble): string {
  return `${type}: ${message}`;
}
