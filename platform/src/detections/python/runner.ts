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
  /** Of the interpreter; beyond it the thread is replaced between two batches. */
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
const TOO_SLOW: Trouble = {
  type: 'TimeoutError',
  title: 'TimeoutError()',
  message: 'the rule ran longer than its time limit and could not be interrupted',
};

class Stopped extends Error {}

export function readHostSources(): readonly string[] {
  return ['./events.py', './host.py'].map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'));
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
  let loaded = JSON.stringify({ rules: [], globals: [] });

  async function ready(): Promise<Thread> {
    if (thread !== undefined && !thread.isOver) return thread;
    thread = startThread(options);
    await thread.ask('load', loaded, undefined);
    return thread;
  }

  /** Undefined: the interpreter had to be stopped. */
  async function ask(kind: PythonRequest['kind'], text: string): Promise<unknown> {
    const current = await ready();
    try {
      return JSON.parse(await current.ask(kind, text, options.timeoutMs));
    } catch (error) {
      if (error instanceof Stopped) return undefined;
      throw error;
    } finally {
      if (current.memoryBytes > options.memoryBytes) current.end();
    }
  }

  async function runPart(calls: readonly Call[]): Promise<readonly Answer[]> {
    const events = `[${calls.map(({ eventJson, keys }) => `[${eventJson},${JSON.stringify(keys)}]`).join(',')}]`;
    const answers = (await ask('run', `{"events":${events}}`)) as readonly Answer[] | undefined;
    if (answers !== undefined) return answers;
    const [only] = calls;
    const [key] = only?.keys ?? [];
    if (calls.length === 1 && only?.keys.length === 1 && key !== undefined) {
      return [{ event: 0, rule: key, error: TOO_SLOW }];
    }
    return oneByOne(calls);
  }

  /** Finds the call that cannot be interrupted. */
  async function oneByOne(calls: readonly Call[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const [event, { eventJson, keys }] of calls.entries()) {
      for (const key of keys) {
        for (const answer of await runPart([{ eventJson, keys: [key] }])) answers.push({ ...answer, event });
      }
    }
    return answers;
  }

  return {
    async load(rules, helpers) {
      loaded = JSON.stringify({ rules, globals: helpers });
      const current = await ready();
      const results = JSON.parse(await current.ask('load', loaded, undefined)) as { key: number; error?: Trouble }[];
      return new Map(results.flatMap(({ key, error }) => (error ? [[key, error] as const] : [])));
    },
    async run(calls) {
      const answers: Answer[] = [];
      for (const { part, offset } of inParts(calls)) {
        for (const answer of await runPart(part)) answers.push({ ...answer, event: answer.event + offset });
      }
      return answers;
    },
    async test({ rule, eventJson, mocks }, helpers) {
      const current = await ready();
      await current.ask('load', JSON.stringify({ rules: [], globals: helpers }), undefined);
      const text = `{"rule":${JSON.stringify(rule)},"event":${eventJson},"mocks":${JSON.stringify(mocks)}}`;
      const answer = (await ask('test', text)) as Answer | undefined;
      return answer ?? { event: 0, rule: rule.key, error: TOO_SLOW };
    },
    async ast(source) {
      return ask('ast', JSON.stringify({ source })).catch(() => undefined);
    },
    async close() {
      await thread?.end();
    },
  };
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
  /** @throws Stopped when it took longer than `timeoutMs` and did not react to the interrupt. */
  ask(kind: PythonRequest['kind'], text: string, timeoutMs: number | undefined): Promise<string>;
  end(): Promise<void>;
}

const SIGINT = 2;

function startThread({ workerUrl, hostSources }: PythonRunnerOptions): Thread {
  const interrupt = new SharedArrayBuffer(4);
  const flag = new Uint8Array(interrupt);
  const data: PythonWorkerData = { interrupt, sources: [PYTHON_AST_DUMP, ...hostSources] };
  const worker = new Worker(workerUrl, { workerData: data, name: 'python', env: {}, stdout: true, stderr: true });
  const waiting = new Map<number, PromiseWithResolvers<string>>();
  let isOver = false;
  let memoryBytes = 0;
  let nextId = 0;

  worker.on('message', (reply: PythonReply) => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) return request?.reject(new Error(reply.error));
    memoryBytes = reply.memoryBytes;
    return request?.resolve(reply.text);
  });
  worker.on('error', (error) => over(error));
  worker.on('exit', () => over(new Stopped('the interpreter has ended')));
  worker.unref();

  function over(error: Error): void {
    isOver = true;
    for (const { reject } of waiting.values()) reject(error instanceof Stopped ? error : new Stopped(error.message));
    waiting.clear();
  }

  async function end(): Promise<void> {
    isOver = true;
    await worker.terminate();
  }

  return {
    get isOver() {
      return isOver;
    },
    get memoryBytes() {
      return memoryBytes;
    },
    async ask(kind, text, timeoutMs) {
      const id = nextId;
      nextId += 1;
      const request = Promise.withResolvers<string>();
      waiting.set(id, request);
      flag[0] = 0;
      worker.ref();
      worker.postMessage({ id, kind, text } satisfies PythonRequest);
      const timers: NodeJS.Timeout[] = [];
      if (timeoutMs !== undefined) {
        timers.push(setTimeout(() => (flag[0] = SIGINT), timeoutMs));
        timers.push(setTimeout(() => void end(), timeoutMs * 3));
      }
      try {
        return await request.promise;
      } finally {
        for (const timer of timers) clearTimeout(timer);
        if (waiting.size === 0) worker.unref();
      }
    },
    end,
  };
}
