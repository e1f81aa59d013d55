import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that runs a rule which does not listen. */
const PROGRAM = `
  import { createPythonRunner, readHostSources } from ${JSON.stringify(new URL('../python/runner.ts', import.meta.url).href)};
  const workerUrl = new URL(${JSON.stringify(new URL('../python/python.worker.ts', import.meta.url).href)});
  const runner = createPythonRunner({ workerUrl, hostSources: readHostSources(), timeoutMs: 2000, memoryBytes: 1 << 30 });
  const body = 'def rule(event):\\n    while True:\\n        try:\\n            while True: pass\\n        except BaseException: pass\\n';
  await runner.load([{ key: 0, id: 'r', file: 'r.py', body }], []);
  console.log('loaded');
  await runner.run([{ eventJson: '{}', keys: [0] }]);
`;

function childrenOf(pid: number): readonly string[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n');
  } catch {
    return [];
  }
}

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

test('when Panther is killed, what ran for it ends too, whatever it was doing', async (t) => {
  if (process.platform === 'win32') return t.skip('needs pgrep');
  const panther = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(panther.stdout, 'data');
  await sleep(200);
  const [sandbox = ''] = childrenOf(panther.pid ?? 0);
  assert.ok(isAlive(sandbox), 'the sandbox runs');
  panther.kill('SIGKILL');
  await once(panther, 'exit');
  for (let waited = 0; isAlive(sandbox) && waited < 30_000; waited += 100) await sleep(100);
  assert.equal(isAlive(sandbox), false);
});

test('a process has no environment and may not read, write, start or load anything', async () => {
  const { startSandbox } = await import('./process.ts');
  const workerUrl = new URL('./rights.fixture.mjs', import.meta.url);
  const sandbox = startSandbox({ workerUrl, readable: [], start: '', serve: async () => '' });
  const found = JSON.parse(await sandbox.ask('probe', '', 10_000)) as Record<string, string>;
  await sandbox.end();
  assert.deepEqual(found, {
    environment: '{}',
    reads: 'ERR_ACCESS_DENIED',
    lists: 'ERR_ACCESS_DENIED',
    writes: 'ERR_ACCESS_DENIED',
    starts: 'ERR_ACCESS_DENIED',
    threads: 'ERR_ACCESS_DENIED',
    addons: 'ERR_DLOPEN_DISABLED',
  });
});
