import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { defineCommand, EXIT } from '../cli/command.ts';
import { streamOutput } from '../cli/output.ts';
import { noProgress } from '../cli/progress.ts';
import type { Services } from '../cli/services.ts';
import { UserError } from '../core/errors.ts';
import { runTool, type ToolIo } from './tool.ts';

const move = defineCommand({
  name: 'move',
  summary: 'Move things',
  usage: '[options]',
  options: {
    'to.q': { value: 'QUEUE', description: 'where to' },
    limit: { value: 'N', kind: 'integer', default: 7, description: 'how many' },
    list: { description: 'show the queues' },
    debug: { aliases: ['verbose'], description: 'tell more' },
  },
  examples: [{ line: 'panther move --to.q b', does: 'Move to b.' }],
  async run({ options }, io) {
    if (options['to.q'] === 'nowhere') throw new UserError('there is no queue nowhere');
    await io.stdout.write(`${JSON.stringify(options)}\n`);
    return EXIT.done;
  },
});
const tool = { command: move, required: { 'to.q': { question: 'Destination queue', unless: ['list'] } } };

async function run(argv: readonly string[], ask?: ToolIo['ask']) {
  const stdout = memory();
  const stderr = memory();
  const status = await runTool(tool, argv, {
    stdin: Readable.from([]),
    stdout: streamOutput(stdout.stream),
    stderr: streamOutput(stderr.stream),
    isTerminal: { stdin: false, stdout: false, stderr: false },
    env: {},
    clock: { now: () => new Date(0) },
    cwd: '/',
    signal: new AbortController().signal,
    services: {} as Services,
    paint: (_colour, text) => text,
    progress: () => noProgress,
    versionText: '1.2.3 (linux/x64, commit 0123456789ab)',
    ...(ask && { ask }),
  });
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

function memory() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

test('runs the command with flags as Go writes them', async () => {
  const { status, stdout } = await run(['-to.q', 'b', '-limit=3', '-verbose']);
  assert.equal(status, EXIT.done);
  assert.deepEqual(JSON.parse(stdout), { 'to.q': 'b', limit: 3, list: false, debug: true });
});

for (const flag of ['-h', '-help', '--help']) {
  test(`shows the usage with defaults for ${flag}, in the words of the program`, async () => {
    const { status, stdout } = await run([flag]);
    assert.equal(status, EXIT.done);
    assert.match(stdout, /^Move things\.\n\nUsage: move \[options\]/);
    assert.match(stdout, /--limit N .*default 7/);
    assert.match(stdout, /^ {2}move --to\.q b$/m);
    assert.doesNotMatch(stdout, /panther move/);
  });
}

for (const flag of ['-version', '--version']) {
  test(`says its version for ${flag}`, async () => {
    assert.deepEqual(await run([flag]), {
      status: EXIT.done,
      stdout: 'move 1.2.3 (linux/x64, commit 0123456789ab)\n',
      stderr: '',
    });
  });
}

for (const [argv, message] of [
  [[], '--to.q or --list is required'],
  [['-to.q', 'b', '-limit', 'x'], '--limit must be a whole number of at least 0, not "x"'],
  [['-to.q', 'b', '-nope'], 'unknown option --nope; see move --help'],
  [['-to.q', 'b', '-debug=perhaps'], '--debug must be true or false, not "perhaps"'],
] as const) {
  test(`tells the mistake and the usage after ${argv.join(' ') || 'nothing'}`, async () => {
    const { status, stdout, stderr } = await run(argv);
    assert.equal(status, EXIT.wrongUse);
    assert.equal(stdout, '');
    assert.ok(stderr.startsWith(`error: ${message}\n\nMove things.`), stderr);
  });
}

test('tells what the work found wrong without the usage', async () => {
  const { status, stderr } = await run(['-to.q', 'nowhere']);
  assert.deepEqual({ status, stderr }, { status: EXIT.wrongUse, stderr: 'error: there is no queue nowhere\n' });
});

test('asks for what is missing', async () => {
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question);
    return '-b=c';
  };
  const { stdout } = await run(['-limit', '1'], ask);
  assert.deepEqual(questions, ['Destination queue']);
  assert.equal(JSON.parse(stdout)['to.q'], '-b=c');
});

test('asks nothing with -interactive=false, for help, or when nothing is missing', async () => {
  const ask = async () => assert.fail('asked');
  assert.equal((await run(['-interactive=false'], ask)).status, EXIT.wrongUse);
  assert.equal((await run(['-help'], ask)).status, EXIT.done);
  assert.equal((await run(['-to.q', 'b'], ask)).status, EXIT.done);
  assert.equal((await run(['-list'], ask)).status, EXIT.done);
});
