/** What holds for every file of the repository. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { ROOT, readText, repositoryFiles } from './repository.ts';

const files = repositoryFiles();
const code = files.filter((path) => /\.(ts|tsx|css|py|sh)$/.test(path) || path === 'panther' || path === '.ci/run');
const LONG = 300;

test('names are kebab-case', () => {
  const byCustom = /^(README|LICENSE|NOTICE|CONTRIBUTING|ARCHITECTURE|CHANGELOG)(\.md)?$/;
  const kebab = /^\.?[a-z0-9]+([.-][a-z0-9]+)*$/;
  const isWell = (name: string) => byCustom.test(name) || kebab.test(name) || name === 'panther_config.yml';
  assert.deepEqual(
    files.filter((path) => !path.split('/').every(isWell)),
    [],
  );
});

const isTest = (path: string) => /\.test\.tsx?$|^web\/src\/test\//.test(path);

test(`a file of more than ${LONG} lines says at its top why it is long`, () => {
  const unexplained = code.filter((path) => {
    if (isTest(path)) return false;
    const lines = readText(path).split('\n');
    return lines.length - 1 > LONG && !/^\s*(\/?\*|\/\/|#).*\blong\b/im.test(lines.slice(0, 20).join('\n'));
  });
  assert.deepEqual(unexplained, []);
});

test('no file names a place of the machine it was written on', () => {
  const places = [ROOT, ['', 'work', ''].join('/'), ['', 'bash_jobs'].join('/')];
  const isText = (path: string) => !/\.(png|ico|gz|zst|woff2|parquet)$/.test(path);
  assert.deepEqual(
    files.filter((path) => isText(path) && places.some((place) => readText(path).includes(place))),
    [],
  );
});

test('there is no folder for things without a home', () => {
  assert.deepEqual(
    files.filter((path) => /\/(utils?|helpers?|misc)\//.test(path)),
    [],
  );
});

test('relative links of the documents lead somewhere', () => {
  const broken: string[] = [];
  for (const path of files.filter((each) => each.endsWith('.md'))) {
    const text = readText(path).replace(/```[\s\S]*?```/g, '');
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)|<img[^>]* src="([^"]+)"/g)) {
      if (/^([a-z]+:|#|$)/.test(link)) continue;
      const target = posix.join(ROOT, posix.dirname(path), link.replace(/#.*$/, ''));
      if (!existsSync(target)) broken.push(`${path}: ${link}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('no dependency asks for a compiler or runs code when it is installed', () => {
  assert.match(readText('.npmrc'), /^ignore-scripts=true$/m);
});
