/**
 * Runs the end-to-end tests: the `*.test.ts` files, then the other scripts of this folder, one after the other.
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

const sums: Sum[] = [await runTests(files.filter(isTest), 1)];
for (const file of files.filter((each) => !isTest(each))) {
  console.log(`\n${file}`);
  sums.push(await runScript(file));
}
printTotal(sums);
