/**
 * Runs every test of the platform and the console, and sums them up: the last line is `N passed, N failed`.
 *
 * `npm test -- alerts lake` runs the test files whose path contains one of the words.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

interface Sum {
  passed: number;
  failed: number;
  skipped: number;
}

const ROOT = resolve(import.meta.dirname, '..', '..');
const PLATFORM_TESTS = ['platform/src/**/*.test.ts', 'platform/test/repo/*.test.ts', 'bench/**/*.test.ts'];
const WEB_TESTS = ['web/src/**/*.test.{ts,tsx}'];

function testFiles(patterns: readonly string[], words: readonly string[]): string[] {
  const files = globSync([...patterns], { cwd: ROOT }).sort();
  return words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
}

/** A line for each file, the whole story for each failure. */
async function platformTests(files: readonly string[]): Promise<Sum> {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  if (files.length === 0) return sum;
  const stream = run({ cwd: ROOT, files: files.map((file) => resolve(ROOT, file)), concurrency: 2 });
  stream.on('test:summary', ({ file, counts, duration_ms, success }) => {
    if (file === undefined) {
      Object.assign(sum, { passed: counts.passed, failed: counts.failed + counts.cancelled, skipped: counts.skipped });
      return;
    }
    const name = file.slice(ROOT.length + 1);
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    const seconds = (duration_ms / 1000).toFixed(1);
    console.log(`${success ? '✔' : '✖'} ${name}  ${counts.passed} passed${skipped}  ${seconds} s`);
  });
  const reports = stream.compose(spec);
  let report = '';
  for await (const chunk of reports) report += chunk;
  const failures = report.indexOf('✖ failing tests:');
  if (failures >= 0) console.log(`\n${report.slice(failures)}`);
  return sum;
}

async function webTests(words: readonly string[], files: readonly string[]): Promise<Sum> {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const dir = mkdtempSync(join(tmpdir(), 'panther-vitest-'));
  const report = join(dir, 'report.json');
  try {
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...words];
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const status = await exitStatus(
      spawn(process.execPath, [vitest, ...args], { cwd: join(ROOT, 'web'), stdio: 'inherit' }),
    );
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    const failed = Math.max(counts.numFailedTests, status === 0 ? 0 : 1);
    return { passed: counts.numPassedTests, failed, skipped: counts.numPendingTests };
  } catch (error) {
    console.error(`✖ web: the tests gave no report: ${error instanceof Error ? error.message : error}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function exitStatus(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolveStatus, reject) => child.on('error', reject).on('close', resolveStatus));
}

const words = process.argv.slice(2);
const sums = [
  await platformTests(testFiles(PLATFORM_TESTS, words)),
  await webTests(words, testFiles(WEB_TESTS, words)),
];
const total = (key: keyof Sum) => sums.reduce((sum, part) => sum + part[key], 0);
if (total('passed') + total('failed') === 0) {
  console.error('no test was run');
  process.exitCode = 1;
} else {
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : '';
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped}`);
  process.exitCode = total('failed') > 0 ? 1 : 0;
}
