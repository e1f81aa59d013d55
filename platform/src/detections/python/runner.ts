/**
 * Runs Python rules in a process of their own. A call that takes too long is interrupted; when it does not stop, the
 * process is ended and every other call of the batch is made again in a new one.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PYTHON_AST_DUMP } from '../planner/python-ast.ts';
import type { Answer, Call, HelperSource, RuleSource, TestCall, Trouble } from '../runner.ts';
import { createBatches } from '../sandbox/batches.ts';
import { codeOf, type Sandbox, Stopped, silenceOf, startSandbox } from '../sandbox/process.ts';
import { createKeyValuesInMemory, type FindRow, type KeyValueCalls } from '../state/key-values.ts';
import type { PythonProcessArgument } from './python.worker.ts';

export interface PythonRunnerOptions {
  /** Of the process's code: beside this file, or bundled. */
  readonly workerUrl: URL;
  /** Python that the interpreter runs first, in this order. */
  readonly hostSources: readonly string[];
  /** For one call of a rule with its alert functions. */
  readonly timeoutMs: number;
  /** Of the interpreter; beyond half of it the process is replaced between two batches. */
  readonly memoryBytes: number;
  /** The store behind the stateful helpers; without it they start empty, and end with the runner. */
  readonly keyValues?: KeyValueCalls;
  /** Of lookup tables, for tests, and without `keyValues`. */
  readonly lookup?: FindRow | undefined;
  readonly packages?: readonly PythonPackage[];
}

/** A wheel that detections can import from. */
export interface PythonPackage {
  readonly file: string;
  readonly sha256: string;
  /** Names at its top. */
  readonly modules: readonly string[];
}

export const DEFAULT_PYTHON_LIMITS = { timeoutMs: 1_000, memoryBytes: 1 << 30 };
/** What is done without running a rule. */
const ROUTINE_MS = 30_000;

export function readHostSources(): readonly string[] {
  const files = [
    './events.py',
    './fences.py',
    './sandbox.py',
    './packages.py',
    './printing.py',
    './stdlib.py',
    './modules.py',
    './models.py',
    './host.py',
    './testing.py',
    './kv.py',
    './check.py',
  ];
  return files.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'));
}

export interface PythonRunner {
  /** Replaces all rules. What is wrong with one is told, and again for every event that it is given. */
  load(rules: readonly RuleSource[], helpers: readonly HelperSource[]): Promise<ReadonlyMap<number, Trouble>>;
  run(calls: readonly Call[]): Promise<readonly Answer[]>;
  /** The tests of one rule come one after the other: they share its module. */
  test(call: TestCall, helpers: readonly HelperSource[]): Promise<Answer>;
  /** Abstract syntax tree of a module, as JSON. Undefined when it does not parse. */
  ast(source: string): Promise<unknown>;
  /** Reads modules without running them. `modules`: names of those that can be imported besides what Panther gives. */
  check(files: readonly PythonFile[], modules: readonly string[]): Promise<readonly CheckedModule[]>;
  close(): Promise<void>;
}

export interface PythonFile {
  readonly file: string;
  readonly body: string;
}

export interface CheckedModule {
  /** It does not compile, or asks for what detections do not have; the rest is not known then. */
  readonly error?: { readonly line: number; readonly message: string };
  /** Names at the top of the module; `*`: those of another one, too. */
  readonly defines?: readonly string[];
  /** Of the `modules`. */
  readonly imports?: readonly { readonly line: number; readonly module: string; readonly names: readonly string[] }[];
  readonly missing?: readonly { readonly line: number; readonly module: string; readonly reason: string }[];
}

/** Modules that are read in one request. */
const CHECKED_AT_ONCE = 50;

export function createPythonRunner(options: PythonRunnerOptions): PythonRunner {
  let interpreter: Sandbox | undefined;
  let rules: readonly RuleSource[] = [];
  let helpers: readonly HelperSource[] = [];
  /** What the interpreter has of helpers for unit tests, which is in which interpreter. */
  let tested: { readonly helpers: readonly HelperSource[]; readonly by: Sandbox } | undefined;
  const silenceMs = silenceOf(options.timeoutMs);
  const live = options.keyValues ?? createKeyValuesInMemory(options.lookup);
  let asking: KeyValueCalls | undefined;
  const batches = createBatches({ keyValues: live, ask: askCalls });
  const { barred } = batches;

  async function ready(): Promise<Sandbox> {
    if (interpreter === undefined || interpreter.isOver) await loadRules();
    return interpreter as Sandbox;
  }

  /** Into an interpreter that has none yet, or into the one that runs. */
  async function loadRules(): Promise<ReadonlyMap<number, Trouble>> {
    let troubles = await loadInto(rules);
    if (troubles === undefined) {
      // One of them ends the interpreter as soon as it is loaded.
      for (const rule of rules) if (!barred.has(rule.key)) await loadInto([rule]);
      troubles = await loadInto(rules);
    }
    return new Map([...(troubles ?? []), ...barred]);
  }

  async function loadInto(chosen: readonly RuleSource[]): Promise<ReadonlyMap<number, Trouble> | undefined> {
    if (interpreter === undefined || interpreter.isOver)
      interpreter = startInterpreter(options, (question) => answer(question));
    tested = undefined;
    const request = { rules: chosen.filter(({ key }) => !barred.has(key)), globals: helpers };
    try {
      const text = await interpreter.ask('load', JSON.stringify(request), silenceMs, () => {
        asking = undefined;
      });
      const results = JSON.parse(text) as { readonly key: number; readonly error?: Trouble }[];
      return new Map(results.flatMap(({ key, error }) => (error ? [[key, error] as const] : [])));
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      const only = request.rules.length === 1 ? request.rules[0]?.key : undefined;
      const culprit = error.suspect ?? only;
      if (culprit === undefined) return undefined;
      barred.set(culprit, error.trouble);
      return loadInto(chosen);
    }
  }

  /** For the key-value helpers of what runs now. */
  function answer(question: string): Promise<string> {
    return asking?.call(question) ?? Promise.resolve(NOT_RUNNING);
  }

  async function ask(
    kind: 'run' | 'test' | 'ast' | 'check',
    text: string,
    keyValues?: KeyValueCalls,
  ): Promise<unknown> {
    const current = await ready();
    try {
      return JSON.parse(
        await current.ask(kind, text, kind === 'ast' || kind === 'check' ? ROUTINE_MS : silenceMs, () => {
          asking = keyValues;
        }),
      );
    } finally {
      if (current.memoryBytes > options.memoryBytes / 2) current.end();
    }
  }

  async function askCalls(calls: readonly Call[]): Promise<readonly Answer[]> {
    const events = calls.map(({ eventJson, keys }) => `[${eventJson},[${keys.join(',')}]]`);
    return (await ask('run', `{"events":[${events.join(',')}]}`, live)) as readonly Answer[];
  }

  return {
    async load(newRules, newHelpers) {
      [rules, helpers] = [newRules, newHelpers];
      barred.clear();
      return loadRules();
    },
    run: batches.run,
    async test({ rule, eventJson, mocks, isFirst = true }, testHelpers) {
      const by = await ready();
      const isKnown = tested?.by === by && tested.helpers === testHelpers;
      tested = { helpers: testHelpers, by };
      const request = { rule, mocks, isFirst, ...(isKnown ? {} : { globals: testHelpers }) };
      const text = `{"event":${eventJson},${JSON.stringify(request).slice(1)}`;
      try {
        const own = createKeyValuesInMemory(options.lookup);
        return { ...((await ask('test', text, own)) as Answer), event: 0, rule: rule.key };
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        return { event: 0, rule: rule.key, error: error.trouble };
      }
    },
    async ast(source) {
      const tree = await ask('ast', JSON.stringify({ source })).catch(() => undefined);
      return tree ?? undefined;
    },
    async check(files, modules) {
      const checked: CheckedModule[] = [];
      for (let start = 0; start < files.length; start += CHECKED_AT_ONCE) {
        const request = { files: files.slice(start, start + CHECKED_AT_ONCE), modules };
        checked.push(...((await ask('check', JSON.stringify(request))) as CheckedModule[]));
      }
      return checked;
    },
    async close() {
      await interpreter?.end();
    },
  };
}

const NOT_RUNNING = JSON.stringify({ error: 'the key-value helpers work while a rule looks at an event' });

function startInterpreter(options: PythonRunnerOptions, serve: (question: string) => Promise<string>): Sandbox {
  const { workerUrl, hostSources, memoryBytes, timeoutMs, packages = [] } = options;
  const pyodideUrl = import.meta.resolve('pyodide');
  const start: PythonProcessArgument = {
    pyodideUrl,
    sources: [PYTHON_AST_DUMP, ...hostSources],
    maxMemoryBytes: memoryBytes,
    timeoutMs,
    packages,
  };
  const wheels = packages.map(({ file }) => file);
  const readable = [...wheels, ...codeOf(workerUrl), join(dirname(fileURLToPath(pyodideUrl)), '*')];
  return startSandbox({ workerUrl, readable, start: JSON.stringify(start), serve });
}
