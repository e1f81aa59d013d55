/** The published package works where there is neither a compiler nor Node 24: packed, installed elsewhere, run. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, setUp, startPanther } from '../support/panther.ts';
import { ROOT } from '../support/run-tests.ts';

const DIST = join(ROOT, 'platform', 'dist');
const LOG = '<165>1 2026-01-02T03:04:05.003Z host.example.com app - ID47 - an example\n';
const dir = mkdtempSync(join(tmpdir(), 'panther-package-'));
const prefix = join(dir, 'prefix');
const program = join(prefix, 'bin', 'panther');
const installed = join(prefix, 'lib', 'node_modules', 'panther');
let env: NodeJS.ProcessEnv = {};

/** A machine's own npm and Node and the shell's tools: no compiler, nothing of this checkout. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  for (const tool of ['node', 'npm', 'sh', 'env', 'uname', 'tar']) {
    const found = path.map((folder) => join(folder, tool)).find((file) => existsSync(file));
    if (found) symlinkSync(found, join(bin, tool));
  }
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE$|^NODE_(OPTIONS|TEST)/i.test(name));
  const registry = {
    npm_config_registry: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim(),
  };
  return { ...Object.fromEntries(inherited), ...registry, PATH: bin, npm_config_ignore_scripts: 'false' };
}

before(() => {
  assert.ok(existsSync(join(DIST, 'main.js')), 'run npm run build first');
  env = plainEnvironment();
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', DIST, '--json', '--pack-destination', dir], { encoding: 'utf8', cwd: dir }),
  );
  // A connection that stands still is given up soon: npm would wait for five minutes.
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--fetch-timeout=30000', '--fetch-retries=5'];
  execFileSync('npm', ['install', '--global', '--prefix', prefix, ...options, join(dir, filename)], {
    env,
    cwd: dir,
    timeout: 300_000,
  });
});
after(() => rmSync(dir, { recursive: true, force: true }));

function run(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: dir, env, input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('panther runs on the pinned Node', () => {
  const { version, optionalDependencies } = JSON.parse(
    execFileSync('npm', ['pkg', 'get'], { cwd: ROOT, encoding: 'utf8' }),
  );
  const pin = optionalDependencies[`node-${process.platform}-${process.arch}`];
  const expected = `panther ${version} (Node.js ${pin}, ${process.platform} ${process.arch})\n`;
  assert.deepEqual(run(['--version']), { status: 0, stdout: expected, stderr: '' });
});

test('panther parse finds its log types', () => {
  const { status, stdout, stderr } = run(['parse', '-'], LOG);
  assert.equal(stderr, '');
  assert.equal(JSON.parse(stdout).p_log_type, 'Syslog.RFC5424');
  assert.equal(status, 0);
});

test('the status of wrong use, and a signal, pass through', async () => {
  assert.equal(run(['no-such-command']).status, 2);
  const child = spawn(program, ['parse', '-'], { cwd: dir, env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(LOG);
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  // The shim hands the signal on; the end of the input must not overtake it.
  await sleep(500);
  child.stdin.end();
  const [status] = await once(child, 'exit');
  assert.equal(status, 1);
});

test('panther up serves the console and its worker stores what it is sent', async () => {
  const panther = await startPanther({
    dataDir: join(dir, 'data'),
    command: [program],
    env: { PATH: String(env.PATH) },
  });
  try {
    const page = await fetch(panther.url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<div id="root"/);
    const client = await setUp(panther);
    await eventually('the log processor is ready', () =>
      client.call('GET /health').then(
        ({ status }) => status === 'ok',
        () => false,
      ),
    );
  } finally {
    assert.equal(await panther.stop(), 0);
  }
});

test('TypeScript and Python have what they run in', () => {
  const script = join(installed, 'engines.mjs');
  writeFileSync(
    script,
    `import ivm from './vendor/isolated-vm/isolated-vm.js';
     import { DuckDBInstance } from '@duckdb/node-api';
     import { loadPyodide } from 'pyodide';
     const context = await new ivm.Isolate().createContext();
     const connection = await (await DuckDBInstance.create()).connect();
     const rows = await (await connection.run('SELECT 42')).getRows();
     const python = await loadPyodide();
     console.log(await context.eval('6 * 7'), rows[0][0], python.runPython('6 * 7'));
     process.exit(0);`,
  );
  const node = globSync(
    join(prefix, 'lib', 'node_modules', '**', `node-${process.platform}-${process.arch}`, 'bin', 'node'),
  )[0];
  assert.ok(node);
  assert.equal(execFileSync(node, ['--no-node-snapshot', script], { encoding: 'utf8' }), '42 42 42\n');
});

test('the tool chains of the console and the deployment are not installed', () => {
  const folder = join(installed, 'node_modules');
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  for (const name of ['vite', 'react', 'typescript', 'esbuild', '@biomejs', 'aws-cdk-lib', 'vitest']) {
    assert.ok(!names.includes(name), name);
  }
});
