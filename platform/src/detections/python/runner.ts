/**
 * Runs Python rules in a process of their own. A call that takes too long is interrupted; when it does not stop, the
 * process is ended and every other call of the batch is made again in a new one.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PYTHON_AST_DUMP } from '../planner/python-ast.ts';
import type { Answer, Call, RuleSource, TestCall, Trouble } from '../runner.ts';
import { codeOf, type Sandbox, Stopped, startSandbox } from '../sandbox/process.ts';
import { createKeyValuesInMemory, type KeyValueCalls } from '../state/key-values.ts';
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
}

/** Helper modules that rules import: the format's `global`. */
export interface HelperSource {
  readonly id: string;
  readonly file: string;
  readonly body: string;
}

export const DEFAULT_PYTHON_LIMITS = { timeoutMs: 1_000, memoryBytes: 1 << 30 };
/** Calls in one request: bounds what is made again after a hard stop. */
const CALLS_PER_REQUEST = 256;
/** Beyond a call's limit: a process that has not been heard for so long does not listen. */
const SILENCE_FACTOR = 4;
const SILENCE_MS = 500;
/** What is done without running a rule. */
const ROUTINE_MS = 30_000;

export function readHostSources(): readonly string[] {
  const files = ['./events.py', './sandbox.py', './host.py', './kv.py'];
  return files.map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'));
}

export interface PythonRunner {
  /** Replaces all rules. What is wrong with one is told, and again for every event that it is given. */
  load(rules: readonly RuleSource[], helpers: readonly HelperSource[]): Promise<ReadonlyMap<number, Trouble>>;
  run(calls: readonly Call[]): Promise<readonly Answer[]>;
  test(call: TestCall, helpers: readonly HelperSource[]): Promise<Answer>;
  /** Abstract syntax tree of a module, as JSON. Undefined when it does not parse. */
  ast(source: string): Promise<unknown>;
  close(): Promise<void>;
}

export function createPythonRunner(options: PythonRunnerOptions): PythonRunner {
  let interpreter: Sandbox | undefined;
  let rules: readonly RuleSource[] = [];
  let helpers: readonly HelperSource[] = [];
  /** Rules that ended the interpreter. They are not run again until rules are loaded anew. */
  const barred = new Map<number, Trouble>();
  const silenceMs = options.timeoutMs * SILENCE_FACTOR + SILENCE_MS;
  const live = options.keyValues ?? createKeyValuesInMemory();
  let asking: KeyValueCalls | undefined;

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

  async function ask(kind: 'run' | 'test' | 'ast', text: string, keyValues?: KeyValueCalls): Promise<unknown> {
    const current = await ready();
    try {
      return JSON.parse(
        await current.ask(kind, text, kind === 'ast' ? ROUTINE_MS : silenceMs, () => {
          asking = keyValues;
        }),
      );
    } finally {
      if (current.memoryBytes > options.memoryBytes / 2) current.end();
    }
  }

  async function runPart(calls: readonly Call[]): Promise<readonly Answer[]> {
    const events = calls.map(({ eventJson, keys }) => `[${eventJson},${JSON.stringify(open(keys))}]`);
    const refused = calls.flatMap(({ keys }, event) =>
      keys.flatMap((rule) => (barred.has(rule) ? [{ event, rule, error: barred.get(rule) as Trouble }] : [])),
    );
    const text = `{"events":[${events.join(',')}]}`;
    live.mark();
    try {
      return [...refused, ...((await ask('run', text, live)) as readonly Answer[])];
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      live.undo();
      if (error.suspect !== undefined && !barred.has(error.suspect)) {
        barred.set(error.suspect, error.trouble);
        return runPart(calls);
      }
      return [...refused, ...(await inPieces(calls, error.trouble))];
    }
  }

  function open(keys: readonly number[]): readonly number[] {
    return barred.size === 0 ? keys : keys.filter((key) => !barred.has(key));
  }

  /** Finds the call that ended the interpreter, and bars its rule. */
  async function inPieces(calls: readonly Call[], trouble: Trouble): Promise<readonly Answer[]> {
    const asked = calls.flatMap((call, event) => open(call.keys).map((key) => ({ event, key })));
    const [first] = asked;
    if (first === undefined) return [];
    if (asked.length === 1) barred.set(first.key, trouble);
    const keys = [...new Set(asked.map(({ key }) => key))];
    const pieces = asked.length === 1 ? [asked] : keys.length > 1 ? keys.map(ofKey) : halves(asked);
    const answers: Answer[] = [];
    for (const piece of pieces) {
      const own = piece.map(({ event, key }) => ({ eventJson: calls[event]?.eventJson ?? '{}', keys: [key] }));
      const found = await runPart(own);
      answers.push(...found.map((answer) => ({ ...answer, event: piece[answer.event]?.event ?? 0 })));
    }
    return answers;

    function ofKey(wanted: number) {
      return asked.filter(({ key }) => key === wanted);
    }
  }

  return {
    async load(newRules, newHelpers) {
      [rules, helpers] = [newRules, newHelpers];
      barred.clear();
      return loadRules();
    },
    async run(calls) {
      const answers: Answer[] = [];
      for (const { part, offset } of inParts(calls)) {
        for (const answer of await runPart(part)) answers.push({ ...answer, event: answer.event + offset });
      }
      return answers;
    },
    async test({ rule, eventJson, mocks }, testHelpers) {
      const request = { rule, mocks, globals: testHelpers };
      const text = `{"event":${eventJson},${JSON.stringify(request).slice(1)}`;
      try {
        const own = createKeyValuesInMemory();
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
    async close() {
      await interpreter?.end();
    },
  };
}

/** The first by itself: mostly it is like all the others. */
function halves<T>(list: readonly T[]): readonly (readonly T[])[] {
  const middle = 1 + Math.ceil((list.length - 1) / 2);
  return [list.slice(0, 1), list.slice(1, middle), list.slice(middle)].filter(({ length }) => length > 0);
}

function* inParts(calls: readonly Call[]): Generator<{ readonly part: readonly Call[]; readonly offset: number }> {
  let start = 0;
  let count = 0;
  for (const [index, { keys }] of calls.entries()) {
    count += keys.length;
    if (count < CALLS_PER_REQUEST) continue;
    yield { part: calls.slice(start, index + 1), offset: start };
    [start, count] = [index + 1, 0];
  }
  if (start < calls.length) yield { part: calls.slice(start), offset: start };
}

const NOT_RUNNING = JSON.stringify({ error: 'the key-value helpers work while a rule looks at an event' });

function startInterpreter(options: PythonRunnerOptions, serve: (question: string) => Promise<string>): Sandbox {
  const { workerUrl, hostSources, memoryBytes, timeoutMs } = options;
  const pyodideUrl = import.meta.resolve('pyodide');
  const start: PythonProcessArgument = {
    pyodideUrl,
    sources: [PYTHON_AST_DUMP, ...hostSources],
    maxMemoryBytes: memoryBytes,
    timeoutMs,
  };
  const readable = [...codeOf(workerUrl), join(dirname(fileURLToPath(pyodideUrl)), '*')];
  return startSandbox({ workerUrl, readable, start: JSON.stringify(start), serve });
}
