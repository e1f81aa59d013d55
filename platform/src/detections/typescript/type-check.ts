/**
 * Types of TypeScript rules, checked by the compiler of whoever writes them: Panther brings none (a compiler is larger
 * than the rest of what a rule needs). It runs as a program, whose arguments and messages are the same in every version.
 */
import { spawn } from 'node:child_process';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { errorMessage, UserError } from '../../core/errors.ts';
import { authoringTypes, COMPILER_OPTIONS } from './authoring-types.ts';
import { type CodeProblem, lineOfExport, type RULE_FUNCTIONS } from './lint.ts';

export interface Compiler {
  readonly version: string;
  /** Absolute path of `tsc`, a script for Node. */
  readonly path: string;
}

export interface TypedCode {
  /** Where problems are told; read from there if it is a file of its own, otherwise `body` is written to disk. */
  readonly path: string;
  readonly body: string;
  readonly functions: readonly ('policy' | (typeof RULE_FUNCTIONS)[number])[];
  /** Log types of its events; undefined where they are not known. */
  readonly logTypes: readonly string[] | undefined;
}

export interface TypeCheckOptions {
  readonly compiler: Compiler;
  /** Of the log types: what `eventTypes` makes. */
  readonly eventTypes: string;
  /** Empty; removed by the caller. */
  readonly tmpDir: string;
}

export interface TypeProblem extends CodeProblem {
  readonly path: string;
}

/** Flags of the compiler are understood from this version on. */
const FIRST_VERSION = [5, 8] as const;

/** The compiler nearest to one of the folders, in their order. @throws UserError when it is too old. */
export async function findCompiler(folders: readonly string[]): Promise<Compiler | undefined> {
  for (const folder of folders) {
    const file = packageFile(folder);
    if (file === undefined) continue;
    const { version, bin } = JSON.parse(await readFile(file, 'utf8')) as { version: string; bin: { tsc: string } };
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [firstMajor, firstMinor] = FIRST_VERSION;
    if (major < firstMajor || (major === firstMajor && minor < firstMinor)) {
      throw new UserError(
        `typescript ${version} (${dirname(file)}) is too old to check detections: npm i -D typescript@latest`,
      );
    }
    return { version, path: resolve(dirname(file), bin.tsc) };
  }
  return undefined;
}

function packageFile(folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'any.js')).resolve('typescript/package.json');
  } catch {
    return undefined;
  }
}

/** @throws UserError when the compiler does not run. */
export async function checkTypes(
  code: readonly TypedCode[],
  options: TypeCheckOptions,
): Promise<readonly TypeProblem[]> {
  if (code.length === 0) return [];
  // The compiler names files as the file system does.
  const tmpDir = await realpath(options.tmpDir);
  const files = await Promise.all(code.map((one, index) => fileOf(one, index, tmpDir)));
  const uses = code.flatMap((one, index) => usesOf(one, files[index] as string));
  await writeFile(join(tmpDir, 'panther.d.ts'), authoringTypes(options.eventTypes));
  await writeFile(join(tmpDir, 'uses.ts'), uses.map(({ text }) => `${text}\n`).join(''));
  const compilerOptions = { ...COMPILER_OPTIONS, typeRoots: [] };
  const project = { compilerOptions, files: ['panther.d.ts', 'uses.ts', ...files] };
  await writeFile(join(tmpDir, 'tsconfig.json'), JSON.stringify(project));
  const told = parseMessages(await run(options.compiler, tmpDir));
  return told.flatMap(({ file, line, column, message }): readonly TypeProblem[] => {
    const path = resolve(tmpDir, file);
    if (path === join(tmpDir, 'uses.ts')) return useProblem(uses[line - 1], message);
    const index = files.indexOf(path);
    return index < 0 ? [] : [{ level: 'error', path: (code[index] as TypedCode).path, line, column, message }];
  });
}

/** What a zip holds, or a specification, goes to a file first. */
async function fileOf({ path, body }: TypedCode, index: number, tmpDir: string): Promise<string> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === body) return realpath(path);
  const file = join(tmpDir, `detection-${index}.ts`);
  await writeFile(file, body);
  return file;
}

interface Use {
  readonly text: string;
  readonly code: TypedCode;
  readonly name: string;
}

/** A line for each function: that it takes the events of its log types, and returns what it must. */
function usesOf(code: TypedCode, file: string): readonly Use[] {
  const events = code.logTypes?.map((name) => JSON.stringify(name)).join(' | ');
  const event = events ? `import('panther').Event<${events}>` : "import('panther').Json";
  return code.functions.map((name) => {
    const type =
      name === 'policy'
        ? "(resource: import('panther').Json) => boolean"
        : `NonNullable<import('panther').Rule<${event}>['${name}']>`;
    return { text: `(await import(${JSON.stringify(file)})).${name} satisfies ${type};`, code, name };
  });
}

function useProblem(use: Use | undefined, message: string): readonly TypeProblem[] {
  if (use === undefined) return [];
  const { code, name } = use;
  const line = lineOfExport(code.body, name);
  return [{ level: 'error', path: code.path, line, column: 1, message: `${name}: ${message}` }];
}

interface Message {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `file(line,column): error TS1234: text`, with what explains it indented below: of that the last says most. */
function parseMessages(output: string): readonly Message[] {
  const messages: Message[] = [];
  for (const line of output.split(/\r?\n/)) {
    const head = /^(.+)\((\d+),(\d+)\): error (TS\d+: .*)$/.exec(line);
    const last = messages.at(-1);
    if (head !== null) {
      const [, file = '', row, column, message = ''] = head;
      messages.push({ file, line: Number(row), column: Number(column), message });
    } else if (/^\s+\S/.test(line) && last !== undefined) {
      messages[messages.length - 1] = { ...last, message: `${last.message.split(' ⇒ ')[0]} ⇒ ${line.trim()}` };
    } else if (line.startsWith('error TS')) {
      throw new UserError(`the TypeScript compiler cannot check detections: ${line}`);
    }
  }
  return [...new Map(messages.map((one) => [JSON.stringify(one), one])).values()];
}

async function run({ path }: Compiler, folder: string): Promise<string> {
  const args = [path, '-p', folder, '--pretty', 'false', '--noEmit'];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  try {
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    // 1 and 2: there are errors.
    if (status === null || status > 2 || (status !== 0 && stdout === ''))
      throw new UserError(`the TypeScript compiler failed: ${stderr.trim().slice(0, 2_000)}`);
    return stdout;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the TypeScript compiler cannot be run: ${errorMessage(error)}`, {}, { cause: error });
  }
}
