/**
 * Runs the tests of the platform and the console, and sums them up: the last line is `N passed, N failed`.
 *
 * `npm test -- alerts lake` runs the test files whose path contains one of the words.
 */
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitStatus, NOTHING, printTotal, ROOT, runTests, type Sum } from './support/run-tests.ts';

const PLATFORM_TESTS = ['platform/src/**/*.test.ts', 'platform/test/repo/*.test.ts', 'bench/**/*.test.ts'];
const WEB_TESTS = ['web/src/**/*.test.{ts,tsx}'];
const words = process.argv.slice(2);

function testFiles(patterns: readonly string[]): string[] {
  const files = globSync([...patterns], { cwd: ROOT }).sort();
  return words.length === 0 ? files : files.filter((file) => words.some((word) => file.includes(word)));
}

async function runConsoleTests(files: readonly string[]): Promise<Sum> {
  if (files.length === 0) return NOTHING;
  const dir = mkdtempSync(join(tmpdir(), 'panther-vitest-'));
  const report = join(dir, 'report.json');
  try {
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...words];
    const status = await exitStatus(spawn(process.execPath, args, { cwd: join(ROOT, 'web'), stdio: 'inherit' }));
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    const failed = Math.max(counts.numFailedTests, status === 0 ? 0 : 1);
    return { passed: counts.numPassedTests, failed, skipped: counts.numPendingTests };
  } catch (error) {
    console.error(`✖ web: the tests gave no report: ${error instanceof Error ? error.message : error}`);
    return { ...NOTHING, failed: 1 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

printTotal([await runTests(testFiles(PLATFORM_TESTS), 2), await runConsoleTests(testFiles(WEB_TESTS))]);
