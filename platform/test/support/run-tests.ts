/** Runs test files and counts: a line for each file, the whole story for each failure. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export interface Sum {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const ROOT = resolve(import.meta.dirname, '..', '..', '..');
export const NOTHING: Sum = { passed: 0, failed: 0, skipped: 0 };

/** `files` from the root. */
export async function runTests(files: readonly string[], concurrency: number): Promise<Sum> {
  if (files.length === 0) return NOTHING;
  let sum = NOTHING;
  const execArgv = ['--import', new URL('seed.ts', import.meta.url).href];
  const stream = run({ cwd: ROOT, files: files.map((file) => resolve(ROOT, file)), concurrency, execArgv });
  stream.on('test:summary', ({ file, counts, duration_ms, success }) => {
    const { passed, skipped, tests, todo } = counts;
    if (file === undefined) {
      sum = { passed, failed: tests - passed - skipped - todo, skipped };
      return;
    }
    const notes = skipped > 0 ? `, ${skipped} skipped` : '';
    const seconds = (duration_ms / 1000).toFixed(1);
    console.log(`${success ? '✔' : '✖'} ${file.slice(ROOT.length + 1)}  ${passed} passed${notes}  ${seconds} s`);
  });
  let report = '';
  for await (const chunk of stream.compose(spec)) report += chunk;
  const failures = report.indexOf('✖ failing tests:');
  if (failures >= 0) console.log(`\n${report.slice(failures)}`);
  return sum;
}

/** A script whose last line is `N passed, N failed`. What it says comes when it is over, under its name. */
export async function runScript(file: string): Promise<Sum> {
  const child = spawn(process.execPath, [resolve(ROOT, file)], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const status = await exitStatus(child);
  console.log(`\n${file}\n${output}`);
  const [, passed = '0', failed = '0', skipped = '0'] =
    [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1) ?? [];
  return { passed: +passed, failed: Math.max(+failed, status === 0 ? 0 : 1), skipped: +skipped };
}

/** Null when a signal ended it. */
export function exitStatus(child: ChildProcess): Promise<number | null> {
  return new Promise((done, reject) => child.on('error', reject).on('close', done));
}

/** Prints the line that whoever started this process reads, and decides its exit status. */
export function printTotal(sums: readonly Sum[]): void {
  const total = (key: keyof Sum) => sums.reduce((sum, part) => sum + part[key], 0);
  if (total('passed') + total('failed') === 0) console.error('no test was run');
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : '';
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped}`);
  process.exitCode = total('passed') > 0 && total('failed') === 0 ? 0 : 1;
}
