/** A unit is a file that exports a constant of its own name. Each must be in its family's list, and nothing else. */
import assert from 'node:assert/strict';
import { basename, posix } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands/index.ts';
import { readText, repositoryFiles } from './repository.ts';

const FAMILIES = [
  'cli/commands',
  'sources',
  'destinations',
  'log-analysis/parsers',
  'resources/aws',
  'remediations/aws',
];
const files = repositoryFiles();

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function units(family: string): string[] {
  const inFolder = files.filter((path) => posix.dirname(path) === `platform/src/${family}`);
  const names = inFolder
    .filter((path) => !/\.(test|suite)\.ts$|\/index\.ts$/.test(path))
    .map((path) => basename(path, '.ts'));
  return names.filter((name) =>
    new RegExp(`^export const ${camelCase(name)}\\b`, 'm').test(readText(`platform/src/${family}/${name}.ts`)),
  );
}

/** Names that the list imports as values, at its top or on first use. */
function listed(family: string): string[] {
  const text = readText(`platform/src/${family}/index.ts`);
  const imports = text.matchAll(/^import (?!type)[^;]*? from '\.\/([\w-]+)\.ts'|import\('\.\/([\w-]+)\.ts'\)/gm);
  return [...imports].map(([, name, lazy]) => name ?? lazy ?? '');
}

for (const family of FAMILIES) {
  const isThere = files.includes(`platform/src/${family}/index.ts`);
  test(`${family}: the list is the folder`, { skip: isThere ? false : 'there is no such family yet' }, () => {
    assert.ok(units(family).length > 0);
    assert.deepEqual(listed(family).sort(), units(family).sort());
  });
}

for (const { name, summary, load } of commands) {
  test(`panther ${name}: the list tells the command's own name and summary`, async () => {
    const command = await load();
    assert.deepEqual({ name: command.name, summary: command.summary }, { name, summary });
    assert.doesNotMatch(summary, /\.$/);
    for (const { line } of command.examples) assert.match(line, new RegExp(`\\bpanther ${name}\\b`));
  });
}
