/**
 * Runs the unit tests inside detections, on the same code path as live events. A test that expects an alert passes when
 * the detection says so and none of its alert functions fails; one that expects none, when the detection says no.
 */
import { type CompiledDetection, compileDetection, evaluateCompiled, filterOf } from './compiled.ts';
import { evaluateCorrelation } from './correlation/evaluate.ts';
import type { Detection, DetectionTest } from './detection.ts';
import { correlationOf } from './format/correlation-rule.ts';
import { helpersOf } from './helpers.ts';
import type { Answer, HelperSource, TestCall, Trouble } from './runner.ts';

export interface TestResult {
  readonly id: string;
  readonly type: string;
  readonly test: string;
  readonly passed: boolean;
  readonly expectedResult: boolean;
  /** What the rule or policy returned; null when it failed. */
  readonly actualResult: boolean | null;
  readonly error: string | null;
  /** What the alert functions returned, when there would be an alert. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What it printed, cut to size; empty for nothing. */
  readonly output: string;
  readonly durationMs: number;
}

export interface TestRunners {
  readonly python: { test(call: TestCall, helpers: readonly HelperSource[]): Promise<Answer> };
  readonly typescript: { test(call: TestCall): Promise<Answer> };
}

export interface TestOptions {
  /** Only the tests of these names. */
  readonly names?: ReadonlySet<string> | undefined;
  /** Names and ids that `destinations()` may return; any without it. */
  readonly destinations?: ReadonlySet<string> | undefined;
}

/** Why tests of a detection cannot be run; undefined when they can. */
export function untestable({ language }: Detection): string | undefined {
  return language === 'sigma' ? 'Sigma rules have no tests' : undefined;
}

/** Tests one by one, in order, of all detections that can be tested. */
export async function* runTests(
  detections: readonly Detection[],
  runners: TestRunners,
  options: TestOptions = {},
): AsyncGenerator<TestResult> {
  const helpers = helpersOf(detections);
  for (const detection of detections) yield* runTestsOf(detection, runners, helpers, options);
}

/** The tests of one detection, in order. They share its module. */
export async function* runTestsOf(
  detection: Detection,
  runners: TestRunners,
  helpers: readonly HelperSource[],
  { names, destinations }: TestOptions = {},
): AsyncGenerator<TestResult> {
  if (untestable(detection) !== undefined) return;
  const run = testerOf(detection, runners, helpers);
  let isFirst = true;
  for (const test of detection.tests) {
    if (names !== undefined && !names.has(test.name)) continue;
    const startedAt = performance.now();
    const answer = await run(test, isFirst);
    isFirst = false;
    yield { ...judge(detection, test, answer, destinations), durationMs: performance.now() - startedAt };
  }
}

export type Tester = (
  test: Pick<DetectionTest, 'log' | 'logJson' | 'mocks' | 'ruleOutputs'>,
  isFirst: boolean,
) => Promise<Verdict>;
export type Verdict = Omit<Answer, 'event' | 'rule'>;

/** Runs one detection on events of tests, or others; also Sigma rules. Of a type that is run on events. */
export function testerOf(detection: Detection, runners: TestRunners, helpers: readonly HelperSource[]): Tester {
  const { id, file, body, language, type } = detection;
  if (type === 'correlation_rule') {
    const correlation = correlationOf(detection.spec);
    return async ({ ruleOutputs }) => ({ matched: evaluateCorrelation(correlation, ruleOutputs ?? []) });
  }
  const filter = filterOf(detection);
  const compiled = compileDetection(detection);
  const rule = { key: 0, id, file, body, type: type as 'rule' | 'scheduled_rule' | 'policy' };
  return async ({ log, logJson, mocks }, isFirst) => {
    if (filter?.(log) === false) return { matched: false };
    if (compiled !== undefined) return evaluateCompiled(compiled satisfies CompiledDetection, log, true) ?? {};
    const call = { rule, eventJson: logJson, mocks, isFirst };
    return language === 'typescript' ? runners.typescript.test(call) : runners.python.test(call, helpers);
  };
}

function judge(
  { id, type }: Detection,
  { name, expectedResult }: DetectionTest,
  answer: Verdict,
  destinations: ReadonlySet<string> | undefined,
): Omit<TestResult, 'durationMs'> {
  const alertsOn = type !== 'policy';
  const isAlert = answer.matched ?? false;
  const actualResult = answer.error === undefined ? isAlert === alertsOn : null;
  const isAlertExpected = expectedResult === alertsOn;
  const failure = isAlertExpected ? failureOf(answer, destinations) : undefined;
  const error = answer.error === undefined ? (failure ?? mismatch(expectedResult, actualResult)) : text(answer.error);
  return {
    id,
    type,
    test: name,
    passed: error === null,
    expectedResult,
    actualResult,
    error,
    outputs: isAlert && answer.error === undefined ? { ...answer.outputs } : {},
    output: answer.output ?? '',
  };
}

/** Of the alert functions, also of a signal, which needs few of them. */
function failureOf({ errors, outputs }: Verdict, destinations: ReadonlySet<string> | undefined): string | undefined {
  for (const [name, trouble] of Object.entries(errors ?? {})) return `${name}: ${text(trouble)}`;
  if (destinations === undefined) return undefined;
  const unknown = (outputs?.destinations ?? []).find((one) => one !== 'SKIP' && !destinations.has(one));
  return unknown === undefined
    ? undefined
    : `destinations: UnknownDestinationError: there is no destination ${unknown}`;
}

function mismatch(expected: boolean, actual: boolean | null): string | null {
  return expected === actual ? null : `expected ${pythonBool(expected)}, got ${pythonBool(actual)}`;
}

function pythonBool(value: boolean | null): string {
  return value === null ? 'an error' : value ? 'True' : 'False';
}

function text({ type, message }: Trouble): string {
  return `${type}: ${message}`;
}
