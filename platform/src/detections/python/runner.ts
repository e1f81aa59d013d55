/**
 * Runs Python rules in a thread of their own. A call that takes too long is interrupted; when it does not stop, the
 * thread is ended and every other call of the batch is made again in a new one.
 */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { PYTHON_AST_DUMP } from '../planner/python-ast.ts';
import type { Answer, Call, RuleSource, TestCall, Trouble } from '../runner.ts';
import type { PythonReply, PythonRequest, PythonWorkerData } from './python.worker.ts';

export interface PythonRunnerOptions {
  /** Of the thread's code: beside this file, or bundled. */
  readonly workerUrl: URL;
  /** Python that the interpreter runs first, in this order. */
  readonly hostSources: readonly string[];
  /** For one call of a rule with its alert functions. */
  readonly timeoutMs: number;
  /** Of the interpreter; beyond half of it the thread is replaced between two batches. */
  readonly memoryBytes: number;
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
/** Modules are loaded once, and load others: they have this many times the limit of a call. */
const LOAD_FACTOR = 10;
const TOO_SLOW: Trouble = {
  type: 'TimeoutError',
  title: 'TimeoutError()',
  message: 'the rule ran longer than its time limit and could not be interrupted; it is not run again',
};

/** The interpreter has ended: by us, or because a rule broke it. */
class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly trouble: Trouble;

  constructor(trouble: Trouble = TOO_SLOW) {
    super(trouble.message);
    this.trouble = trouble;
  }
}

/** What a rule did that broke the interpreter. */
function breakage(text: string): Trouble {
  const [line = text] = text.trim().split('\n').reverse();
  const type = /stack|recursion/i.test(text)
    ? 'RecursionError'
    : /memory|allocation/i.test(text)
      ? 'MemoryError'
      : 'SystemError';
  return {
    type,
    title: `${type}()`,
    message: `the rule broke the interpreter and is not run again: ${line.slice(0, 500)}`,
  };
}

export function readHostSources(): readonly string[] {
  const files = ['./events.py', './sandbox.py', './host.py'];
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
  let thread: Thread | undefined;
  let rules: readonly RuleSource[] = [];
  let helpers: readonly HelperSource[] = [];
  /** Rules that ended the interpreter. They are not run again until rules are loaded anew. */
  const barred = new Map<number, Trouble>();

  async function ready(): Promise<Thread> {
    if (thread === undefined || thread.isOver) await loadRules();
    return thread as Thread;
  }

  /** Into a thread that has none yet, or into the one that runs. */
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
    if (thread === undefined || thread.isOver) thread = startThread(options);
    const request = { rules: chosen.filter(({ key }) => !barred.has(key)), globals: helpers };
    try {
      const text = await thread.ask('load', JSON.stringify(request), options.timeoutMs * LOAD_FACTOR);
      const results = JSON.parse(text) as { readonly key: number; readonly error?: Trouble }[];
      return new Map(results.flatMap(({ key, error }) => (error ? [[key, error] as const] : [])));
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      const [only] = request.rules;
      if (only !== undefined && request.rules.length === 1) barred.set(only.key, error.trouble);
      return undefined;
    }
  }

  async function ask(kind: PythonRequest['kind'], text: string): Promise<unknown> {
    const current = await ready();
    try {
      return JSON.parse(await current.ask(kind, text, options.timeoutMs));
    } finally {
      if (current.memoryBytes > options.memoryBytes / 2) current.end();
    }
  }

  async function runPart(calls: readonly Call[]): Promise<readonly Answer[]> {
    const events = calls.map(({ eventJson, keys }) => `[${eventJson},${JSON.stringify(open(keys))}]`);
    const refused = calls.flatMap(({ keys }, event) =>
      keys.flatMap((rule) => (barred.has(rule) ? [{ event, rule, error: barred.get(rule) as Trouble }] : [])),
    );
    const text = `{"limit":${options.timeoutMs / 1_000},"events":[${events.join(',')}]}`;
    try {
      return [...refused, ...((await ask('run', text)) as readonly Answer[])];
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
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
      const request = { limit: options.timeoutMs / 1_000, rule, mocks, globals: testHelpers };
      const text = `{"event":${eventJson},${JSON.stringify(request).slice(1)}`;
      try {
        return { ...((await ask('test', text)) as Answer), event: 0, rule: rule.key };
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
      await thread?.end();
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

interface Thread {
  readonly isOver: boolean;
  readonly memoryBytes: number;
  /**
   * One after the other. Every `timeoutMs` the interpreter is interrupted.
   * @throws Stopped when it does not react to that, or breaks.
   */
  ask(kind: PythonRequest['kind'], text: string, timeoutMs: number): Promise<string>;
  end(): Promise<void>;
}

const SIGINT = 2;
/** Interrupts in one request: what catches them all does not want to stop. */
const MAX_INTERRUPTS = 4;

function startThread({ workerUrl, hostSources, memoryBytes: maxMemoryBytes }: PythonRunnerOptions): Thread {
  const interrupt = new SharedArrayBuffer(4);
  const flag = new Uint8Array(interrupt);
  const data: PythonWorkerData = { interrupt, sources: [PYTHON_AST_DUMP, ...hostSources], maxMemoryBytes };
  const worker = new Worker(workerUrl, { workerData: data, name: 'python', env: {}, stdout: true, stderr: true });
  let waiting: { readonly id: number; readonly request: PromiseWithResolvers<string> } | undefined;
  let isOver = false;
  let memoryBytes = 0;
  let nextId = 0;
  let tail: Promise<unknown> = Promise.resolve();
  const { promise: isUp, resolve: nowUp } = Promise.withResolvers<void>();

  worker.on('message', (reply: PythonReply) => {
    if ('error' in reply) return over(new Stopped(breakage(reply.error)));
    memoryBytes = reply.memoryBytes;
    nowUp();
    if (waiting?.id === reply.id) waiting.request.resolve(reply.text);
  });
  worker.on('error', (error) => over(new Stopped(breakage(String(error)))));
  worker.on('exit', () => over(new Stopped()));
  worker.unref();

  function over(reason: Stopped): void {
    isOver = true;
    nowUp();
    waiting?.request.reject(reason);
    void worker.terminate();
  }

  async function end(): Promise<void> {
    over(new Stopped());
    await worker.terminate();
  }

  /** Asks the interpreter to stop what it does, again and again; ends it when it does not listen. */
  function watch(timeoutMs: number): NodeJS.Timeout {
    let count = 0;
    let unheard = 0;
    return setInterval(() => {
      unheard = flag[0] === SIGINT ? unheard + 1 : 0;
      count += 1;
      if (unheard === 2 || count > MAX_INTERRUPTS) over(new Stopped());
      else flag[0] = SIGINT;
    }, timeoutMs);
  }

  async function askNow(kind: PythonRequest['kind'], text: string, timeoutMs: number): Promise<string> {
    if (isOver) throw new Stopped();
    const id = nextId++;
    const request = Promise.withResolvers<string>();
    waiting = { id, request };
    flag[0] = 0;
    worker.ref();
    worker.postMessage({ id, kind, text } satisfies PythonRequest);
    await isUp;
    const timer = watch(timeoutMs);
    try {
      return await request.promise;
    } finally {
      clearInterval(timer);
      waiting = undefined;
      worker.unref();
    }
  }

  return {
    get isOver() {
      return isOver;
    },
    get memoryBytes() {
      return memoryBytes;
    },
    ask(kind, text, timeoutMs) {
      const answer = tail.then(() => askNow(kind, text, timeoutMs));
      tail = answer.catch(() => undefined);
      return answer;
    },
    end,
  };
}
