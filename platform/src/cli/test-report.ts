/** What `panther test` tells: for people, as JSON, as JUnit's XML. */
import type { Detection } from '../detections/detection.ts';
import type { LoadedDetections } from '../detections/load.ts';
import { type TestResult, untestable } from '../detections/run-tests.ts';
import { type TestCoverage, testCoverage } from '../detections/test-coverage.ts';
import type { CommandIo } from './command.ts';
import { type JunitCase, toJunit } from './junit.ts';
import { shownPath } from './problems.ts';

export interface SkippedTests {
  readonly id: string;
  readonly type: string;
  readonly tests: readonly string[];
  readonly reason: string;
}

export interface TestReport {
  /** The chosen detections. */
  readonly detections: readonly Detection[];
  readonly places: LoadedDetections['places'];
  readonly results: readonly TestResult[];
  readonly skipped: readonly SkippedTests[];
  /** Detections that have too few tests, and why. */
  readonly tooFew: readonly { readonly id: string; readonly reason: string }[];
  readonly seconds: number;
}

/** What cannot be run, or shall not. */
export function skippedTests(detections: readonly Detection[], isChosen: (one: Detection) => boolean) {
  return detections.flatMap((one): SkippedTests[] => {
    const reason = isChosen(one) ? untestable(one) : 'it is disabled';
    const { id, type, tests } = one;
    return reason === undefined || tests.length === 0
      ? []
      : [{ id, type, tests: tests.map(({ name }) => name), reason }];
  });
}

export function reportJson({ detections, results, skipped, tooFew }: TestReport): string {
  const passed = results.filter((result) => result.passed).length;
  const notRun = skipped.reduce((sum, { tests }) => sum + tests.length, 0);
  const report = {
    tests: results.length + notRun,
    passed,
    failed: results.length - passed,
    skipped: notRun,
    results: results.map(({ id, type, test, passed: isPassed, error, outputs, output }) => ({
      id,
      type,
      test,
      passed: isPassed,
      error,
      outputs,
      output,
    })),
    skippedTests: skipped.flatMap(({ id, type, tests, reason }) => tests.map((test) => ({ id, type, test, reason }))),
    coverage: testCoverage(detections),
    tooFewTests: tooFew,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function reportJunit({ results, skipped, places }: TestReport, cwd: string): string {
  const ran = results.map((one) => ({ ...one, ...placeOf(one, places, cwd) }));
  const left = skipped.flatMap(({ id, tests, reason }) =>
    tests.map((test): JunitCase => {
      return { id, test, error: null, durationMs: 0, skipped: reason, ...placeOf({ id, test }, places, cwd) };
    }),
  );
  return toJunit([...ran, ...left]);
}

/** Where the test is written. */
function placeOf({ id, test }: { id: string; test: string }, places: TestReport['places'], cwd: string) {
  const place = places.get(id);
  return { file: shownPath(place?.file ?? id, cwd), line: place?.lineOfTest(test) ?? 1 };
}

export interface Shown {
  readonly isFailuresOnly: boolean;
  /** What the alert functions returned. */
  readonly showsAlerts: boolean;
  /** What was printed. */
  readonly showsOutput: boolean;
}

/** The tests of one detection, as soon as they are done. */
export async function writeTested(
  { id }: Detection,
  results: readonly TestResult[],
  { isFailuresOnly, showsAlerts, showsOutput }: Shown,
  io: CommandIo,
): Promise<void> {
  const shown = isFailuresOnly ? results.filter(({ passed }) => !passed) : results;
  if (shown.length === 0) return;
  await io.stdout.write(`${id}\n`);
  for (const { test, passed, outputs, output } of shown) {
    await io.stdout.write(`  ${passed ? io.paint('green', 'pass') : io.paint('red', 'FAIL')}  ${test}\n`);
    // Of those that failed, the end of the report tells it.
    if (showsAlerts) await writeAlert(outputs, io);
    if (showsOutput && passed) await writeOutput(output, '        ', io);
  }
}

async function writeAlert(outputs: TestResult['outputs'], io: CommandIo): Promise<void> {
  for (const [name, value] of Object.entries(outputs)) {
    if (value === null || value === undefined) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const [first, ...more] = printable(text).split('\n');
    const rest = more.map((line) => `${' '.repeat(8 + name.length + 2)}${line}\n`).join('');
    await io.stdout.write(`        ${io.paint('dim', `${name}:`)} ${first}\n${rest}`);
  }
}

async function writeOutput(output: string, indent: string, io: CommandIo): Promise<void> {
  if (output === '') return;
  const lines = printable(output).replace(/\n$/, '').split('\n');
  await io.stdout.write(lines.map((line) => `${indent}${io.paint('dim', '|')} ${line}\n`).join(''));
}

/** Without the sequences by which a detection could take over the terminal. */
function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/\p{Cc}/gu, (one) => (/[\t\n]/.test(one) ? one : '\ufffd'));
}

const MAX_NAMES = 10;

export async function writeSummary(report: TestReport, io: CommandIo): Promise<void> {
  const { results, skipped, tooFew, detections, seconds } = report;
  const failed = results.filter(({ passed }) => !passed);
  for (const result of failed) await writeFailure(result, report, io);
  for (const { id, reason } of tooFew) await io.stdout.write(`${io.paint('red', 'FAIL')} ${id} ${reason}\n`);
  const { withoutPositive, withoutNegative }: TestCoverage = testCoverage(detections);
  await writeNames('without a test that expects an alert', withoutPositive, io);
  await writeNames('without a test that expects none', withoutNegative, io);
  for (const [reason, own] of Map.groupBy(skipped, (one) => one.reason)) {
    const count = own.reduce((sum, { tests }) => sum + tests.length, 0);
    await io.stdout.write(`${io.paint('yellow', `${number(count, 'test')} skipped`)}: ${reason}\n`);
  }
  const notRun = skipped.reduce((sum, { tests }) => sum + tests.length, 0);
  const counts = [
    number(results.length + notRun, 'test'),
    `${results.length - failed.length} passed`,
    `${failed.length} failed`,
    ...(notRun === 0 ? [] : [`${notRun} skipped`]),
  ];
  const missing = failed.filter(({ error }) => error?.includes('`panther packages`') === true).length;
  if (missing > 0)
    await io.stdout.write(
      `${io.paint('yellow', `${number(missing, 'test')} failed for a module that is missing`)}: if it is a Python package, run \`panther packages\` once\n`,
    );
  const tested = new Set(results.map(({ id }) => id)).size;
  await io.stdout.write(`\n${counts.join(', ')} in ${number(tested, 'detection')}, ${seconds.toFixed(1)} s\n`);
}

async function writeFailure(result: TestResult, { places }: TestReport, io: CommandIo): Promise<void> {
  const { file, line } = placeOf(result, places, io.cwd);
  const { id, test, output } = result;
  await io.stdout.write(`\n${io.paint('red', 'FAIL')} ${io.paint('bold', `${id}: ${test}`)}\n  ${file}:${line}\n`);
  await writeReason(result, io);
  if (output === '') return;
  await io.stdout.write('  printed\n');
  await writeOutput(output, '    ', io);
}

async function writeReason({ error, expectedResult, actualResult }: TestResult, io: CommandIo): Promise<void> {
  if (actualResult !== null && actualResult !== expectedResult) {
    await io.stdout.write(`  ${io.paint('green', `expected  ${expectedResult}`)}\n`);
    await io.stdout.write(`  ${io.paint('red', `actual    ${actualResult}`)}\n`);
    return;
  }
  await io.stdout.write(`${(error ?? '').replace(/^/gm, '  ')}\n`);
}

async function writeNames(what: string, names: readonly string[], io: CommandIo): Promise<void> {
  if (names.length === 0) return;
  const more = names.length > MAX_NAMES ? `, … (${names.length - MAX_NAMES} more; --json lists them)` : '';
  const shown = names.slice(0, MAX_NAMES).join(', ');
  await io.stdout.write(`${io.paint('yellow', number(names.length, 'detection'))} ${what}: ${shown}${more}\n`);
}

function number(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
