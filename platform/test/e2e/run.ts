/**
 * Runs the end-to-end tests: the `*.test.ts` files, then the other scripts of this folder, two at a time: they wait more
 * than they work.
 *
 * `npm run e2e -- pack` runs those whose path contains one of the words. `npm run build` must have run.
 */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { printTotal, ROOT, runScript, runTests, type Sum } from '../support/run-tests.ts';

const words = process.argv.slice(2);
const all = globSync('platform/test/e2e/*.ts', { cwd: ROOT }).filter((file) => basename(file) !== 'run.ts');
const files = all.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).sort();
const isTest = (file: string) => file.endsWith('.test.ts');

const AT_ONCE = 2;

const sums: Sum[] = [await runTests(files.filter(isTest), AT_ONCE)];
// The longest, crash.ts, comes last by its name.
const scripts = files
  .filter((file) => !isTest(file))
  .reverse()
  .values();
async function lane(): Promise<void> {
  for (const file of scripts) sums.push(await runScript(file));
}
await Promise.all(Array.from({ length: AT_ONCE }, lane));
printTotal(sums);
