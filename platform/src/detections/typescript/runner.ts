/**
 * Runs TypeScript rules in a process of their own, in a V8 isolate (isolated-vm): no files, no network, no environment,
 * no timers. Each rule has a context of its own, so that it cannot see another's state. Types are stripped, nothing is
 * compiled.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Answer, Call, RuleSource, TestCall, Trouble } from '../runner.ts';
import { createBatches } from '../sandbox/batches.ts';
import { codeOf, type Sandbox, Stopped, silenceOf, startSandbox } from '../sandbox/process.ts';
import { createKeyValuesInMemory, type FindRow, type KeyValueCalls } from '../state/key-values.ts';
import { readAnswer } from './answer.ts';
import type { RawAnswer, TypeScriptProcessArgument } from './typescript.worker.ts';

export interface TypeScriptRunner {
  /** Replaces all rules. What is wrong with one is told, and again for every event that it is given. */
  load(rules: readonly RuleSource[]): Promise<ReadonlyMap<number, Trouble>>;
  run(calls: readonly Call[]): Promise<readonly Answer[]>;
  test(call: TestCall): Promise<Answer>;
  close(): Promise<void>;
}

export interface TypeScriptRunnerOptions {
  /** Of the process's code; beside this file without it. */
  readonly workerUrl: URL;
  /** For one call of a rule with its alert functions. */
  readonly timeoutMs: number;
  /** For what rules do, all together; one that goes beyond it costs every rule a reload. */
  readonly memoryMb: number;
  /** The store behind the stateful helpers; without it they start empty, and end with the runner. */
  readonly keyValues?: KeyValueCalls;
  /** Of lookup tables, for tests, and without `keyValues`. */
  readonly lookup?: FindRow | undefined;
}

const DEFAULTS = { timeoutMs: 1_000, memoryMb: 128 };
const NOT_RUNNING = JSON.stringify({ error: 'the key-value helpers work while a rule looks at an event' });

export function createTypeScriptRunner(given: Partial<TypeScriptRunnerOptions> = {}): TypeScriptRunner {
  const options = { ...DEFAULTS, workerUrl: new URL('./typescript.worker.ts', import.meta.url), ...given };
  const live = options.keyValues ?? createKeyValuesInMemory(options.lookup);
  const silenceMs = silenceOf(options.timeoutMs);
  let sandbox: Sandbox | undefined;
  let rules: readonly RuleSource[] = [];
  let asking: KeyValueCalls | undefined;
  const batches = createBatches({ keyValues: live, ask: askCalls });
  const { barred } = batches;

  function answer(question: string): Promise<string> {
    return asking?.call(question) ?? Promise.resolve(NOT_RUNNING);
  }

  async function askSandbox(kind: 'load' | 'run' | 'test', request: object, keyValues?: KeyValueCalls) {
    if (sandbox === undefined || sandbox.isOver) throw new Error('there is no sandbox');
    const begin = () => {
      asking = keyValues;
    };
    return JSON.parse(await sandbox.ask(kind, JSON.stringify(request), silenceMs, begin)) as unknown;
  }

  async function ready(): Promise<void> {
    if (sandbox === undefined || sandbox.isOver) await loadRules();
  }

  /** Into a process that has none yet, or into the one that runs. */
  async function loadRules(): Promise<ReadonlyMap<number, Trouble>> {
    if (sandbox === undefined || sandbox.isOver) sandbox = startIsolate(options, answer);
    const open = rules.filter(({ key }) => !barred.has(key));
    try {
      const failed = (await askSandbox('load', { rules: open })) as readonly { key: number; error: Trouble }[];
      return new Map([...failed.map(({ key, error }) => [key, error] as const), ...barred]);
    } catch (error) {
      if (!(error instanceof Stopped) || error.suspect === undefined || barred.has(error.suspect)) throw error;
      barred.set(error.suspect, error.trouble);
      return loadRules();
    }
  }

  async function askCalls(calls: readonly Call[]): Promise<readonly Answer[]> {
    await ready();
    return ((await askSandbox('run', { calls }, live)) as readonly RawAnswer[]).map(toAnswer);
  }

  return {
    async load(newRules) {
      rules = newRules;
      barred.clear();
      return loadRules();
    },
    run: batches.run,
    async test({ rule, eventJson, mocks }) {
      await ready();
      const request = { rule: { ...rule, body: `${rule.body}\n${mockCode(mocks)}` }, eventJson };
      try {
        const raw = (await askSandbox('test', request, createKeyValuesInMemory(options.lookup))) as RawAnswer;
        return { matched: false, ...toAnswer(raw) };
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        return { event: 0, rule: rule.key, error: error.trouble };
      }
    },
    async close() {
      await sandbox?.end();
    },
  };
}

function toAnswer(raw: RawAnswer): Answer {
  const { event, rule, output } = raw;
  const answer = { ...('error' in raw ? { error: raw.error } : readAnswer(raw.text)), event, rule };
  return output === undefined ? answer : { ...answer, output };
}

function startIsolate(
  { workerUrl, timeoutMs, memoryMb }: TypeScriptRunnerOptions,
  serve: (question: string) => Promise<string>,
): Sandbox {
  const start: TypeScriptProcessArgument = { timeoutMs, memoryMb };
  const readable = [...codeOf(workerUrl), ...addonFolders(workerUrl)];
  const flags = ['--allow-addons', '--no-node-snapshot'];
  return startSandbox({ workerUrl, readable, flags, start: JSON.stringify(start), serve });
}

/** isolated-vm and what finds its binary; a package carries the former beside its code. */
function addonFolders(workerUrl: URL): readonly string[] {
  const names = workerUrl.pathname.endsWith('.ts') ? ['node-gyp-build', 'isolated-vm'] : ['node-gyp-build'];
  // By this file it is told which C library there is.
  return [...names.flatMap((name) => foldersOf(workerUrl, name)), '/etc/alpine-release'];
}

/** Where a package is, and the link by which it is found. */
function foldersOf(from: URL, name: string): readonly string[] {
  const require = createRequire(from);
  const found = (require.resolve.paths(name) ?? [])
    .map((folder) => join(folder, name))
    .filter((path) => existsSync(path));
  return [dirname(require.resolve(name)), ...found].map((folder) => join(folder, '*'));
}

/** Replaces functions of the rule's module, which must be declared as functions. */
function mockCode(mocks: Readonly<Record<string, unknown>>): string {
  return Object.entries(mocks)
    .filter(([name]) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map(([name, value]) => `${name} = () => (${JSON.stringify(value) ?? 'undefined'});`)
    .join('\n');
}
