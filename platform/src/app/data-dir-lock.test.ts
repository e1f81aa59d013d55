import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dataDir } from './data-dir.ts';
import { lockDataDir } from './data-dir-lock.ts';

const module = new URL('./data-dir-lock.ts', import.meta.url).href;

test('a killed process leaves no lock behind', async () => {
  const dir = dataDir(mkdtempSync(join(tmpdir(), 'panther-lock-')));
  const code = `const { lockDataDir } = await import(${JSON.stringify(module)});
    lockDataDir(${JSON.stringify(dir)}, 'all'); console.log('locked'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  assert.throws(() => lockDataDir(dir, 'all'), /another Panther is running/);
  lockDataDir(dir, 'api').release();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockDataDir(dir, 'all').release();
});
