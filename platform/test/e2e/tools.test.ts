/**
 * The executables do their work on machines that have nothing installed. Those for Linux run in a root that holds the
 * system's loader and C library and nothing else; of the others the form is checked, as far as this machine can tell.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { segments } from '../../build-tools/elf.ts';
import { isSigned } from '../../build-tools/mach-o.ts';
import { TARGETS, type Target } from '../../build-tools/targets.ts';
import { TOOL_NAMES, type Tool } from '../../build-tools/tools.ts';
import { type EmptyRoot, type Machine, makeEmptyRoot, reasonAgainst } from '../support/empty-root.ts';
import { ROOT } from '../support/run-tests.ts';
import { WORK } from '../support/tool-work.ts';

const CACHE = join(ROOT, 'out', '.cache');
const dir = mkdtempSync(join(tmpdir(), 'panther-tools-'));
const out = join(dir, 'bin');
const notes = new Map<string, string[]>();

before(() => build(out));
after(() => {
  printTable();
  rmSync(dir, { recursive: true, force: true });
});

/** Libraries are compressed less than for a release, and nothing else is different. */
async function build(folder: string, ...more: string[]): Promise<void> {
  const args = [
    join(ROOT, 'platform', 'build-tools', 'main.ts'),
    '--quick',
    '--out',
    folder,
    '--cache',
    CACHE,
    ...more,
  ];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT });
}

function fileOf(tool: Tool, target: Target): string {
  return join(out, target.name, `${tool}${target.extension}`);
}

function note(tool: Tool, target: Target, text: string): void {
  const key = fileOf(tool, target);
  notes.set(key, [...(notes.get(key) ?? []), text]);
}

test('every tool is built for every system, with its checksum', () => {
  const lines = readFileSync(join(out, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const sums = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  const expected = TARGETS.flatMap((target) => TOOL_NAMES.map((tool) => relative(out, fileOf(tool, target))));
  assert.deepEqual([...sums.keys()].sort(), expected.sort());
  for (const [name, sum] of sums) assert.equal(sha256(readFileSync(join(out, name))), sum, name);
});

test('the same commit gives the same bytes', async () => {
  const again = join(dir, 'again');
  const targets: Target['name'][] = ['linux/x64', 'linux-musl/arm64', 'darwin/x64', 'windows/arm64'];
  await build(again, '--tool', 'requeue', ...targets.flatMap((name) => ['--target', name]));
  const files = globSync('*/*/requeue*', { cwd: again });
  assert.equal(files.length, targets.length);
  for (const file of files)
    assert.equal(sha256(readFileSync(join(again, file))), sha256(readFileSync(join(out, file))));
});

describe('format, architecture, version', () => {
  for (const target of TARGETS) {
    for (const tool of TOOL_NAMES) {
      test(`${target.name} ${tool}`, () => {
        const file = readFileSync(fileOf(tool, target));
        checkFormat(file, target);
        const [, version, commit] = /^(\S+) (\S+)\n$/.exec(readFileSync(join(out, 'VERSION'), 'utf8')) ?? [];
        assert.ok(file.includes(`{"version":"${version}"}`), 'no version');
        const place = file.indexOf(`"${commit}"`);
        const around = file.toString('latin1', place - 20, place + 60);
        assert.match(around.replaceAll(/\s/g, ''), new RegExp(`commit:"[^"]+",target:"${target.name}"`), 'no commit');
      });
    }
  }
});

/** On another architecture; the others say their version there. This one has a native library. */
const EMULATED: readonly Tool[] = process.env.PANTHER_TEST_EMULATED === 'all' ? TOOL_NAMES : ['compact'];
const ELF_MACHINE = { x64: 62, arm64: 183 };
const MACH_O_CPU = { x64: 0x01000007, arm64: 0x0100000c };
const PE_MACHINE = { x64: 0x8664, arm64: 0xaa64 };
const PE_CONSOLE = 3;

function checkFormat(file: Buffer, { system, architecture }: Target): void {
  if (system === 'darwin') {
    assert.equal(file.readUInt32LE(0), 0xfeedfacf);
    assert.equal(file.readUInt32LE(4), MACH_O_CPU[architecture]);
    assert.ok(isSigned(file), 'macOS ends a program whose signature does not fit');
  } else if (system === 'windows') {
    const header = file.readUInt32LE(0x3c);
    assert.equal(file.toString('latin1', header, header + 4), 'PE\0\0');
    assert.equal(file.readUInt16LE(header + 4), PE_MACHINE[architecture]);
    assert.equal(file.readUInt16LE(header + 24 + 68), PE_CONSOLE);
  } else {
    assert.equal(file.toString('latin1', 0, 4), '\x7fELF');
    assert.equal(file.readUInt16LE(18), ELF_MACHINE[architecture]);
    assert.ok(segments(file).length > 0);
  }
}

for (const target of TARGETS) {
  if (target.system !== 'linux' && target.system !== 'linux-musl') continue;
  describe(`on ${target.name} with nothing installed`, () => runThere(target, target.name as Machine));
}

function runThere(target: Target, machine: Machine): void {
  const reason = reasonAgainst(machine);
  if (reason !== undefined) {
    test(`runs on ${machine}`, { skip: reason }, () => {});
    return;
  }
  let root: EmptyRoot;
  before(() => {
    root = makeEmptyRoot(machine, CACHE, join(dir, 'root', machine));
    console.log(`${machine}: the root holds ${root.contents.join(' ')} /tmp /proc`);
  });
  for (const tool of TOOL_NAMES) {
    test(`${tool} says its version, its usage, and what is wrong`, async () => {
      put(fileOf(tool, target), root);
      const version = await timed(tool, target, '--version', () => root.run(`/${tool}`, ['--version']));
      const [, number, commit] = /^(\S+) (\S+)\n$/.exec(readFileSync(join(out, 'VERSION'), 'utf8')) ?? [];
      assert.deepEqual(version, {
        status: 0,
        stdout: `${tool} ${number} (${machine}, commit ${commit}, Bun ${bunVersion()})\n`,
        stderr: '',
      });
      const help = await timed(tool, target, '--help', () => root.run(`/${tool}`, ['-h']));
      assert.equal(help.status, 0);
      assert.match(help.stdout, new RegExp(`^Usage: ${tool} `, 'm'));
      const wrong = await root.run(`/${tool}`, ['-no-such-flag']);
      assert.equal(wrong.status, 2);
      assert.match(
        wrong.stderr,
        new RegExp(`^error: unknown option --no-such-flag; see ${tool} --help\n\n[^]*Usage: ${tool} `),
      );
    });
    // Emulation makes minutes of it.
    const isLeftOut = target.architecture === 'arm64' && !EMULATED.includes(tool);
    test(`${tool} does its work`, { skip: isLeftOut && 'emulated; PANTHER_TEST_EMULATED=all runs it' }, async () => {
      put(fileOf(tool, target), root);
      await timed(tool, target, 'work', () => WORK[tool](root));
    });
  }
}

function put(executable: string, { folder }: EmptyRoot): void {
  const to = join(folder, executable.slice(dirname(executable).length));
  copyFileSync(executable, to);
  chmodSync(to, 0o755);
  mkdirSync(join(folder, 'tmp'), { recursive: true });
}

/** Times are told; they decide nothing. */
async function timed<T>(tool: Tool, target: Target, what: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  note(tool, target, `${what} ${((performance.now() - start) / 1000).toFixed(2)} s`);
  return result;
}

function bunVersion(): string {
  const pins = JSON.parse(readFileSync(join(ROOT, 'platform', 'build-tools', 'packages.json'), 'utf8'));
  return pins['@oven/bun-linux-x64'].version;
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function printTable(): void {
  for (const target of TARGETS) {
    for (const tool of TOOL_NAMES) {
      const file = fileOf(tool, target);
      const size = `${(statSync(file).size / 1e6).toFixed(1)} MB`.padStart(9);
      const ran = notes.get(file) ?? ['format, architecture, version; not run'];
      console.log(`${target.name.padEnd(17)} ${tool.padEnd(11)} ${size}  ${ran.join(', ')}`);
    }
  }
}
