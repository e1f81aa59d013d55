import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../../detections/detection.ts';
import { type LoadedDetections, loadDetections } from '../../detections/load.ts';
import { runTestsInParallel } from '../../detections/parallel-tests.ts';
import { type TestResult, untestable } from '../../detections/run-tests.ts';
import type { FindRow } from '../../detections/state/key-values.ts';
import { tooFewTests } from '../../detections/test-coverage.ts';
import { type Arguments, type CommandIo, defineCommand, EXIT, type ExitStatus } from '../command.ts';
import { contentLookups } from '../content-lookups.ts';
import { openContent, SOURCE_OPTIONS } from '../content-source.ts';
import { detectionFilter } from '../detection-filter.ts';
import { writeProblems } from '../problems.ts';
import type { DetectionRunners } from '../services.ts';
import { reportJson, reportJunit, skippedTests, type TestReport, writeSummary, writeTested } from '../test-report.ts';
import { changesIn } from '../watch.ts';

const OPTIONS = {
  path: { value: 'DETECTIONS', description: 'folder of detections, zip, one specification, or git repository' },
  ...SOURCE_OPTIONS,
  filter: {
    value: 'KEY=VALUE',
    repeatable: true,
    description:
      'only detections whose specification has this value, e.g. Severity=High,Critical; KEY!=VALUE: not this one',
  },
  'test-name': { value: 'NAME', repeatable: true, description: 'only the tests of this name' },
  'skip-disabled': { description: 'leave out detections that are not enabled', aliases: ['skip-disabled-tests'] },
  'minimum-tests': {
    value: 'N',
    kind: 'integer',
    min: 0,
    default: 0,
    description: 'fail for detections with fewer tests; from 2 on, one must expect an alert and one none',
  },
  'available-destination': {
    value: 'NAME',
    repeatable: true,
    description: 'destination that detections may name; without any, they may name all',
  },
  workers: { value: 'N', kind: 'integer', min: 1, max: 64, description: 'tests run on so many interpreters at once' },
  watch: { description: 'test again what changes, until interrupted' },
  'show-failures-only': { description: 'do not list tests that pass' },
  'show-alerts': { description: 'title, dedup, severity, context … of the alerts that tests would make' },
  'show-output': { description: 'what tests print, also of those that pass' },
  'data-dir': { value: 'DIR', description: 'data folder whose Python packages detections import' },
  json: { description: 'one JSON document' },
  junit: { value: 'FILE', description: 'also write the results to this file, as JUnit XML' },
} as const;

type Options = Arguments<typeof OPTIONS>['options'];

export const test = defineCommand({
  name: 'test',
  summary: 'Run the unit tests inside detections',
  usage: '[options] --path DETECTIONS',
  details:
    'Tests run on the same code as live events. Exit status 1: a test failed, or a specification is not valid. ' +
    'Filters are ANDed, the values of one ORed. Modules and data models are always loaded.',
  operands: { max: 0 },
  options: OPTIONS,
  examples: [
    { line: 'panther test --path detections/', does: 'Run every test.' },
    { line: 'panther test --path detections/ --filter LogTypes=AWS.CloudTrail', does: 'Test the rules of a log type.' },
    { line: 'panther test --path detections/ --watch', does: 'Test what you edit, as you save it.' },
  ],
  async run({ options }, io) {
    if (options.path === undefined) throw new UserError('name the folder of the detections', { field: '--path' });
    if (options.watch && options.json) throw new UserError('cannot be used with --json', { field: '--watch' });
    const isChosen = detectionFilter(options.filter);
    const { content } = await openContent({ place: options.path, ref: options.ref, folder: options.folder }, io);
    if (options.watch && typeof content !== 'string')
      throw new UserError('what is in git or a zip does not change: name a folder', { field: '--watch' });
    const loaded = loadDetections(content);
    const runners = createRunnerPool(io, options['data-dir']);
    try {
      const status = await runOnce(loaded, loaded.detections.filter(isChosen), options, runners, io);
      if (!options.watch) return status;
      await watchTests(String(content), loaded, isChosen, options, runners, io);
      return EXIT.interrupted;
    } finally {
      await runners.close();
    }
  },
});

interface RunnerPool {
  /** `content`: whose lookup tables rules find. */
  take(count: number, content: readonly Detection[]): Promise<readonly DetectionRunners[]>;
  close(): Promise<void>;
}

function createRunnerPool(io: CommandIo, dataDir: string | undefined): RunnerPool {
  const open: DetectionRunners[] = [];
  let lookups = contentLookups([]);
  const find: FindRow = (table, key) => lookups.find(table, key);
  return {
    async take(count, content) {
      lookups = contentLookups(content);
      while (open.length < count) open.push(await io.services.openRunners(dataDir, find));
      return open.slice(0, count);
    },
    async close() {
      await Promise.all(open.map((one) => one.close()));
    },
  };
}

/** An interpreter takes about a second to start: as long as so many tests. */
const TESTS_PER_WORKER = 150;

function workersFor(tests: number, wanted: number | undefined): number {
  return wanted ?? Math.max(1, Math.min(availableParallelism(), Math.ceil(tests / TESTS_PER_WORKER)));
}

async function runOnce(
  { detections: all, places, problems }: LoadedDetections,
  chosen: readonly Detection[],
  options: Options,
  pool: RunnerPool,
  io: CommandIo,
): Promise<ExitStatus> {
  await writeProblems(problems, io);
  if (chosen.length === 0) throw new UserError('no detection matches', { field: '--filter' });
  const isWanted = (one: Detection) => !options['skip-disabled'] || one.isEnabled;
  const wanted = chosen.filter((one) => isWanted(one) && untestable(one) === undefined);
  const startedAt = performance.now();
  const results = await runAll(wanted, all, options, pool, io);
  const seconds = (performance.now() - startedAt) / 1_000;
  const tooFew = tooFewTests(chosen.filter(isWanted), options['minimum-tests']);
  const skipped = skippedTests(chosen, isWanted);
  const report: TestReport = { detections: chosen, places, results, skipped, tooFew, seconds };
  await (options.json ? io.stdout.write(reportJson(report)) : writeSummary(report, io));
  if (options.junit !== undefined) await writeFile(resolve(io.cwd, options.junit), reportJunit(report, io.cwd));
  await noteSigma(chosen, io);
  if (io.signal.aborted) return EXIT.interrupted;
  const isClean = results.every(({ passed }) => passed) && problems.every(({ level }) => level !== 'error');
  return isClean && tooFew.length === 0 ? EXIT.done : EXIT.failures;
}

async function runAll(
  wanted: readonly Detection[],
  all: readonly Detection[],
  options: Options,
  pool: RunnerPool,
  io: CommandIo,
): Promise<readonly TestResult[]> {
  const total = wanted.reduce((sum, { tests }) => sum + tests.length, 0);
  const progress = io.progress({ label: 'testing', total, unit: 'tests' });
  const results: TestResult[] = [];
  try {
    for await (const { detection, results: own } of runTestsInParallel(wanted, {
      all,
      runners: await pool.take(workersFor(total, options.workers), all),
      names: options['test-name'].length === 0 ? undefined : new Set(options['test-name']),
      destinations:
        options['available-destination'].length === 0 ? undefined : new Set(options['available-destination']),
      onResult: () => progress.add(1),
    })) {
      results.push(...own);
      if (!options.json) await writeTested(detection, own, shownOf(options), io);
      if (io.signal.aborted) break;
    }
  } finally {
    progress.end();
  }
  return results;
}

function shownOf(options: Options) {
  return {
    isFailuresOnly: options['show-failures-only'],
    showsAlerts: options['show-alerts'],
    showsOutput: options['show-output'],
  };
}

/** Modules and data models concern every test; other changes their own. */
async function watchTests(
  path: string,
  loaded: LoadedDetections,
  isChosen: (one: Detection) => boolean,
  options: Options,
  pool: RunnerPool,
  io: CommandIo,
): Promise<void> {
  let before = loaded;
  await io.stderr.write('watching for changes; end with ctrl-c\n');
  for await (const _change of changesIn([path], io.signal)) {
    const now = loadDetections(path);
    const changed = changedDetections(before, now).filter(isChosen);
    before = now;
    if (changed.length > 0) await runOnce(now, changed, options, pool, io);
    else await writeProblems(now.problems, io);
  }
}

function changedDetections(before: LoadedDetections, now: LoadedDetections): readonly Detection[] {
  const versions = new Map(before.detections.map(({ id, version }) => [id, version]));
  const changed = now.detections.filter(({ id, version }) => versions.get(id) !== version);
  const isShared = changed.some(({ type }) => type === 'global' || type === 'datamodel');
  return isShared ? now.detections : changed;
}

async function noteSigma(detections: readonly Detection[], io: CommandIo): Promise<void> {
  const count = detections.filter(({ language }) => language === 'sigma').length;
  if (count === 0) return;
  const rules = count === 1 ? '1 Sigma rule has' : `${count} Sigma rules have`;
  await io.stderr.write(`${rules} no tests: the format has none; try them on logs with panther detect\n`);
}
