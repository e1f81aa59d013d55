import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { type LoadProblem, loadDetections } from '../../detections/load.ts';
import { runTests, type TestResult } from '../../detections/run-tests.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';

export const test = defineCommand({
  name: 'test',
  summary: 'Run the unit tests inside detections',
  usage: '[options] --path DETECTIONS',
  details:
    'Tests run on the same code as live events. Exit status 1: a test failed, or a specification is not valid. ' +
    'Detections that only the server can evaluate are counted as skipped.',
  operands: { max: 0 },
  options: {
    path: { value: 'DETECTIONS', description: 'folder of detections, or one specification' },
    filter: {
      value: 'KEY=VALUE',
      repeatable: true,
      description: 'only detections whose specification has this value, e.g. Severity=High or RuleID=My.Rule',
    },
    json: { description: 'one JSON document' },
  },
  examples: [
    { line: 'panther test --path detections/', does: 'Run every test.' },
    { line: 'panther test --path detections/ --filter LogTypes=AWS.CloudTrail', does: 'Test the rules of a log type.' },
  ],
  async run({ options }, io) {
    if (options.path === undefined) throw new UserError('name the folder of the detections', { field: '--path' });
    const { detections, problems } = loadDetections(resolve(io.cwd, options.path));
    const chosen = detections.filter(matches(options.filter));
    const helpers = detections.filter(({ type }) => type === 'global');
    const runnable = chosen.filter(isRunnable);
    const skipped = chosen.reduce((sum, one) => sum + (isRunnable(one) ? 0 : one.tests.length), 0);
    const runners = await io.services.openRunners();
    const results: TestResult[] = [];
    const total = runnable.reduce((sum, one) => sum + one.tests.length, 0);
    const progress = io.progress({ label: 'testing', total, unit: 'tests' });
    try {
      for await (const result of runTests(
        [...runnable, ...helpers.filter((one) => !runnable.includes(one))],
        runners,
      )) {
        results.push(result);
        progress.add(1);
        if (io.signal.aborted) break;
      }
    } finally {
      progress.end();
      await runners.close();
    }
    await (options.json ? writeJson(results, skipped, io) : writeText(results, skipped, io));
    await writeProblems(problems, io);
    await noteSigma(chosen, io);
    const isClean = results.every(({ passed }) => passed) && problems.every(({ level }) => level !== 'error');
    if (chosen.length === 0) throw new UserError('no detection matches', { field: '--filter' });
    return isClean && !io.signal.aborted ? EXIT.done : EXIT.failures;
  },
});

function isRunnable({ type, body, language }: Detection): boolean {
  return (type === 'rule' && body !== '' && language !== 'sigma') || type === 'global';
}

/** Filters are ANDed; the values of one are ORed: `Severity=High,Critical`. */
function matches(filters: readonly string[]): (detection: Detection) => boolean {
  const parsed = filters.map((text) => {
    const [, key, operator, values] = /^(\w+)(!?=)(.*)$/s.exec(text) ?? [];
    if (key === undefined || values === undefined) {
      throw new UserError(`"${text}" is not KEY=VALUE`, { field: '--filter' });
    }
    const wanted = new Set(values.split(',').map((value) => value.trim().toLowerCase()));
    return { key, isWanted: operator === '=', wanted };
  });
  return ({ spec }) =>
    parsed.every(({ key, isWanted, wanted }) => {
      const value = spec[key];
      const values = Array.isArray(value) ? value : [value];
      return values.some((one) => wanted.has(String(one).toLowerCase())) === isWanted;
    });
}

async function writeJson(results: readonly TestResult[], skipped: number, io: CommandIo): Promise<void> {
  const passed = results.filter((result) => result.passed).length;
  const report = {
    tests: results.length + skipped,
    passed,
    failed: results.length - passed,
    skipped,
    results: results.map(({ id, type, test: name, passed: isPassed, error }) => ({
      id,
      type,
      test: name,
      passed: isPassed,
      error,
    })),
  };
  await io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

async function writeText(results: readonly TestResult[], skipped: number, io: CommandIo): Promise<void> {
  let last = '';
  for (const { id, test: name, passed, error } of results) {
    if (id !== last) await io.stdout.write(`${id}\n`);
    last = id;
    const mark = passed ? io.paint('green', 'pass') : io.paint('red', 'FAIL');
    await io.stdout.write(`  ${mark}  ${name}${passed ? '' : `\n        ${error ?? ''}`}\n`);
  }
  const passed = results.filter((result) => result.passed).length;
  const note = skipped === 0 ? '' : `, ${skipped} skipped`;
  await io.stdout.write(`\n${results.length} tests, ${passed} passed, ${results.length - passed} failed${note}\n`);
}

async function noteSigma(detections: readonly Detection[], io: CommandIo): Promise<void> {
  const count = detections.filter(({ language }) => language === 'sigma').length;
  if (count === 0) return;
  const rules = count === 1 ? '1 Sigma rule has' : `${count} Sigma rules have`;
  await io.stderr.write(`${rules} no tests: the format has none; try them on logs with panther detect\n`);
}

export async function writeProblems(problems: readonly LoadProblem[], io: CommandIo): Promise<void> {
  for (const { level, file, line, field, message } of problems) {
    const label = io.paint(level === 'error' ? 'red' : 'yellow', level);
    await io.stderr.write(`${label}: ${file}:${line}: ${field === '' ? '' : `${field}: `}${message}\n`);
  }
}
