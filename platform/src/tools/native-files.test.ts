import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { cacheDir } from './cache-dir.ts';
import { unpackNativeFiles } from './native-files.ts';

const dir = mkdtempSync(join(tmpdir(), 'panther-native-'));
after(() => rmSync(dir, { recursive: true }));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function embed(name: string, content: string, packed = content): string {
  const from = join(dir, name);
  mkdirSync(from);
  writeFileSync(join(from, 'lib.so.zst'), zstdCompressSync(packed));
  writeFileSync(
    join(from, 'files.json'),
    JSON.stringify({ id: sha256(content), files: { 'lib.so': sha256(content) } }),
  );
  return from;
}

const from = embed('embedded', 'library');

test('unpacks for this user alone, and finds it there the next time', () => {
  const cache = join(dir, 'cache', 'deep');
  const folder = unpackNativeFiles(from, cache);
  assert.equal(readFileSync(join(folder, 'lib.so'), 'utf8'), 'library');
  assert.equal(statSync(cache).mode & 0o777, 0o700);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const { ino } = statSync(join(folder, 'lib.so'));
  assert.equal(unpackNativeFiles(from, cache), folder);
  assert.equal(statSync(join(folder, 'lib.so')).ino, ino);
  assert.deepEqual(readdirSync(cache).length, 1);
});

for (const [what, damage] of [
  ['changed', (file: string) => writeFileSync(file, 'another')],
  ['missing', (file: string) => rmSync(file)],
] as const) {
  test(`unpacks again when a file is ${what}`, () => {
    const folder = unpackNativeFiles(from, join(dir, what));
    damage(join(folder, 'lib.so'));
    assert.equal(unpackNativeFiles(from, join(dir, what)), folder);
    assert.equal(readFileSync(join(folder, 'lib.so'), 'utf8'), 'library');
  });
}

test('refuses a damaged executable', () => {
  const damaged = embed('damaged', 'library', 'other');
  assert.throws(() => unpackNativeFiles(damaged, join(dir, 'c')), /lib\.so\.zst is damaged; copy the executable again/);
  assert.deepEqual(readdirSync(join(dir, 'c')), []);
});

test('refuses a folder that is a link, and says what to do', () => {
  mkdirSync(join(dir, 'target'));
  symlinkSync(join(dir, 'target'), join(dir, 'link'));
  assert.throws(() => unpackNativeFiles(from, join(dir, 'link')), /belongs to somebody else; .* PANTHER_CACHE_DIR/);
});

test('says what to do where nothing can be written', () => {
  writeFileSync(join(dir, 'file'), '');
  assert.throws(() => unpackNativeFiles(from, join(dir, 'file', 'cache')), /cannot unpack .* PANTHER_CACHE_DIR/);
});

test('keeps to the folder that each system has for it', () => {
  const home = { HOME: '/home/jane' };
  assert.equal(cacheDir(home, 'linux'), '/home/jane/.cache/panther');
  assert.equal(cacheDir({ ...home, XDG_CACHE_HOME: '/x' }, 'linux'), '/x/panther');
  assert.equal(cacheDir(home, 'darwin'), '/home/jane/Library/Caches/panther');
  assert.equal(cacheDir({ LOCALAPPDATA: '/L' }, 'win32'), '/L/panther/cache');
  assert.match(cacheDir({}, 'linux'), /panther-\d+$/);
  assert.equal(cacheDir({ ...home, PANTHER_CACHE_DIR: '/c' }, 'linux'), '/c');
});
