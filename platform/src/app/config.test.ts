import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../core/errors.ts';
import { readConfig } from './config.ts';

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'panther-config-')), 'panther.yml');
  writeFileSync(file, text);
  return file;
}

test('defaults, then the file, then the command line', async () => {
  const config = await readConfig(fileWith('port: 9000\nhostNames: [panther.example.com]\n'), { port: 9001 });
  assert.equal(config.port, 9001);
  assert.equal(config.host, '127.0.0.1');
  assert.deepEqual(config.hostNames, ['panther.example.com']);
});

test('a mistake is named with file, line and field', async () => {
  const file = fileWith('host: 127.0.0.1\nport: high\n');
  await assert.rejects(readConfig(file), (error: UserError) => {
    assert.ok(error instanceof UserError);
    assert.deepEqual(error.location, { file, line: 2, field: 'port' });
    return true;
  });
  await assert.rejects(readConfig(fileWith('prot: 9000\n')), /prot/);
  await assert.rejects(readConfig(fileWith('a: [1\n')), UserError);
});
