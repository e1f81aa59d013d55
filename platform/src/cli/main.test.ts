import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../test/support/run-command.ts';
import { ExternalError, UserError } from '../core/errors.ts';
import { defineCommand, EXIT } from './command.ts';

const PROGRAM = fileURLToPath(new URL('../app/main.ts', import.meta.url));

const head = defineCommand({
  name: 'head',
  summary: 'Print what it was given',
  usage: '[options] FILE…',
  details: 'Only for this test.',
  operands: { min: 1, max: 2 },
  options: {
    bytes: { value: 'N', kind: 'integer', min: 1, max: 9, default: 3, description: 'how much' },
    skip: { value: 'NAME', repeatable: true, description: 'what to leave out' },
    format: { value: 'F', choices: ['json', 'table'], default: 'table', description: 'how it looks' },
    now: { value: 'TIME', description: 'the clock' },
    strict: { description: 'be strict' },
  },
  examples: [{ line: 'panther head a', does: 'Print a.' }],
  async run({ options, operands }, io) {
    const typed: { bytes: number; skip: readonly string[]; format: 'json' | 'table'; now: string | undefined } =
      options;
    await io.stdout.write(`${JSON.stringify({ ...typed, strict: options.strict, operands })}\n`);
    return options.strict ? EXIT.failures : EXIT.done;
  },
});

function failing(error: Error) {
  const run = () => Promise.reject(error);
  return defineCommand({ name: 'fail', summary: 'Fail', usage: '', options: {}, examples: [], run });
}

test('options come typed, with their defaults', async () => {
  const run = await runCommand(head, ['a']);
  assert.deepEqual(run, {
    status: 0,
    stdout: '{"bytes":3,"skip":[],"format":"table","strict":false,"operands":["a"]}\n',
    stderr: '',
  });
});

test('options and operands in any order, with = or a space, repeated, and after --', async () => {
  const { status, stdout } = await runCommand(head, [
    ...['--skip', 'x', '-', '--skip=-y', '--bytes=9', '--format', 'json', '--now', 'T', '--strict', '--', '--b'],
  ]);
  assert.equal(status, 1);
  assert.deepEqual(JSON.parse(stdout), {
    ...{ bytes: 9, skip: ['x', '-y'], format: 'json', now: 'T', strict: true, operands: ['-', '--b'] },
  });
});

const mistakes: [argv: string[], message: string][] = [
  [[], 'something is missing; use: panther head [options] FILE…'],
  [['a', 'b', 'c'], '"c" is too much; use: panther head [options] FILE…'],
  [['--strct', 'a'], 'unknown option --strct (did you mean "--strict"?); see panther head --help'],
  [['-x', 'a'], 'unknown option -x; see panther head --help'],
  [['--toString', 'a'], 'unknown option --toString; see panther head --help'],
  [['--strict=yes', 'a'], '--strict takes no value'],
  [['--now'], '--now needs a value: --now TIME'],
  [['--now', '--strict', 'a'], '--now needs a value: --now TIME'],
  [['--bytes', 'ten', 'a'], '--bytes must be a whole number from 1 to 9, not "ten"'],
  [['--bytes', '10', 'a'], '--bytes must be a whole number from 1 to 9, not "10"'],
  [['--format', 'jsn', 'a'], '--format must be one of json, table, not "jsn" (did you mean "json"?)'],
];
for (const [argv, message] of mistakes) {
  test(`wrong use: head ${argv.join(' ')}`, async () => {
    assert.deepEqual(await runCommand(head, argv), { status: 2, stdout: '', stderr: `error: ${message}\n` });
  });
}

test('--help shows every option', async () => {
  const { status, stdout } = await runCommand(head, ['--help']);
  assert.equal(status, 0);
  assert.match(stdout, /^Print what it was given\.\n\nUsage: panther head \[options\] FILE…\n\nOnly for this test\.\n/);
  assert.match(stdout, /--format F +how it looks \(one of json, table; default table\)\n/);
  assert.match(stdout, /--skip NAME +what to leave out \(can be repeated\)\n/);
  assert.match(stdout, /panther head a\n +Print a\.\n/);
});

test('a mistake of the user is told with its place, without a stack', async () => {
  const error = new UserError('must be a string', { file: 'a.yml', line: 3, field: 'parser.csv' });
  const run = await runCommand(failing(error), []);
  assert.deepEqual(run, { status: 2, stdout: '', stderr: 'error: a.yml:3: parser.csv: must be a string\n' });
});

test('a failure of another system is told without a stack', async () => {
  const run = await runCommand(failing(new ExternalError('the disk is full', { retryable: true })), []);
  assert.deepEqual(run, { status: 1, stdout: '', stderr: 'error: the disk is full\n' });
});

test('a bug is told with its stack', async () => {
  const run = await runCommand(failing(new TypeError('x is undefined')), []);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /^error: TypeError: x is undefined\n +at /);
});

test('the program: version, help, unknown command, nothing', () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  assert.match(run('--version').stdout, /^panther \d+\.\d+\.\d+ \(Node\.js 24\.\d+\.\d+, \w+ \w+\)\n$/);
  assert.match(run('--help').stdout, /Usage: panther COMMAND/);
  assert.equal(run('--hlp').status, 2);
  const unknown = run('no-such-command');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /^error: unknown command "no-such-command"/);
  assert.equal(run().status, 2);
});

const COMMAND = new URL('./command.ts', import.meta.url).href;
const OUTPUT = new URL('./output.ts', import.meta.url).href;

test('a reader that goes away ends the output quietly', async () => {
  const script = `
    const { streamOutput, OutputClosed } = await import(${JSON.stringify(OUTPUT)});
    const { EXIT } = await import(${JSON.stringify(COMMAND)});
    const out = streamOutput(process.stdout);
    try { for (;;) { await out.write('line\\n'.repeat(100)); await new Promise(setImmediate); } }
    catch (error) { process.exitCode = error instanceof OutputClosed ? EXIT.done : 9; }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
