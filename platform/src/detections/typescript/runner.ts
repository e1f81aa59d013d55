/**
 * Runs TypeScript rules in a V8 isolate of their own (isolated-vm): no files, no network, no process, no timers. Each
 * rule has a context of its own, so that it cannot see another's state. Types are stripped, nothing is compiled.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { Context, Isolate, Reference } from 'isolated-vm';
import { errorMessage } from '../../core/errors.ts';
import type { Answer, Call, RuleSource, TestCall, Trouble } from '../runner.ts';
import { readAnswer } from './answer.ts';

export interface TypeScriptRunner {
  /** Replaces all rules. What is wrong with one is told, and again for every event that it is given. */
  load(rules: readonly RuleSource[]): Promise<ReadonlyMap<number, Trouble>>;
  run(calls: readonly Call[]): Promise<readonly Answer[]>;
  test(call: TestCall): Promise<Answer>;
  close(): Promise<void>;
}

export interface TypeScriptRunnerOptions {
  /** For one call of a rule with its alert functions. */
  readonly timeoutMs: number;
  /** For all rules together; a rule that goes beyond it costs every rule a reload. */
  readonly memoryMb: number;
}

type Run = Reference<(eventJson: string, isTest: boolean) => string>;

/** A rule that is loaded, or why it is not. */
type Loaded = { readonly run: Run } | { readonly error: Trouble };

interface Sandbox {
  readonly isolate: Isolate;
  readonly rules: Map<number, Loaded>;
}

const DEFAULTS: TypeScriptRunnerOptions = { timeoutMs: 1_000, memoryMb: 128 };

export function createTypeScriptRunner(options: Partial<TypeScriptRunnerOptions> = {}): TypeScriptRunner {
  const { timeoutMs, memoryMb } = { ...DEFAULTS, ...options };
  let sources: readonly RuleSource[] = [];
  let sandbox: Sandbox | undefined;
  /** Rules that did not load: a new isolate does not spend its time on them again. */
  const failures = new WeakMap<RuleSource, Trouble>();

  async function open(rules: readonly RuleSource[]): Promise<Sandbox> {
    const { default: ivm } = await import('isolated-vm');
    const isolate = new ivm.Isolate({ memoryLimit: memoryMb });
    const loaded = new Map<number, Loaded>();
    for (const rule of rules) {
      const failure = failures.get(rule);
      loaded.set(rule.key, failure === undefined ? loadRule(isolate, rule, timeoutMs) : { error: failure });
    }
    return { isolate, rules: loaded };
  }

  /** Undefined: neither matched nor failed. */
  function call(
    { isolate, rules }: Sandbox,
    key: number,
    eventJson: string,
    isTest: boolean,
  ): Omit<Answer, 'event'> | undefined {
    const loaded = rules.get(key);
    if (loaded === undefined) throw new Error(`no rule ${key} is loaded`);
    if ('error' in loaded) return { rule: key, error: loaded.error };
    try {
      const text = loaded.run.applySync(undefined, [eventJson, isTest], { timeout: timeoutMs });
      return text === '' ? undefined : { ...readAnswer(text), rule: key };
    } catch (error) {
      return { rule: key, error: toTrouble(error, isolate.isDisposed) };
    }
  }

  async function ready(): Promise<Sandbox> {
    if (sandbox === undefined || sandbox.isolate.isDisposed) sandbox = await open(sources);
    return sandbox;
  }

  return {
    async load(rules) {
      if (sandbox !== undefined && !sandbox.isolate.isDisposed) sandbox.isolate.dispose();
      sources = rules;
      sandbox = await open(rules);
      const failed = new Map<number, Trouble>();
      for (const rule of rules) {
        const loaded = sandbox.rules.get(rule.key);
        if (loaded === undefined || !('error' in loaded)) continue;
        failed.set(rule.key, loaded.error);
        if (loaded.error.type !== 'MemoryError') failures.set(rule, loaded.error);
      }
      return failed;
    },
    async run(calls) {
      const answers: Answer[] = [];
      for (const [event, { eventJson, keys }] of calls.entries()) {
        for (const key of keys) {
          const answer = call(await ready(), key, eventJson, false);
          if (answer !== undefined) answers.push({ ...answer, event });
        }
      }
      return answers;
    },
    async test({ rule, eventJson, mocks }) {
      const own = await open([{ ...rule, body: `${rule.body}\n${mockCode(mocks)}` }]);
      try {
        const answer = call(own, rule.key, eventJson, true);
        return { matched: false, rule: rule.key, ...answer, event: 0 };
      } finally {
        if (!own.isolate.isDisposed) own.isolate.dispose();
      }
    },
    async close() {
      if (sandbox !== undefined && !sandbox.isolate.isDisposed) sandbox.isolate.dispose();
      sandbox = undefined;
    },
  };
}

/** Replaces functions of the rule's module, which must be declared as functions. */
function mockCode(mocks: Readonly<Record<string, unknown>>): string {
  return Object.entries(mocks)
    .filter(([name]) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map(([name, value]) => `${name} = () => (${JSON.stringify(value) ?? 'undefined'});`)
    .join('\n');
}

const driverSource = readFileSync(new URL('./driver.sandbox.js', import.meta.url), 'utf8');
const AUTHORING_MODULE = 'panther';

type Drive = Reference<(rule: unknown) => unknown>;

function loadRule(isolate: Isolate, { file, body }: RuleSource, timeoutMs: number): Loaded {
  try {
    const code = stripTypeScriptTypes(body, { mode: 'strip', sourceUrl: `file:///${file}` });
    const context = isolate.createContextSync();
    seal(context);
    // Before the rule's own code, which could change what the driver uses.
    const drive = isolate.compileScriptSync(driverSource).runSync(context, { reference: true }) as Drive;
    const module = isolate.compileModuleSync(code, { filename: `file:///${file}` });
    module.instantiateSync(context, (specifier) => {
      if (specifier === AUTHORING_MODULE) return isolate.compileModuleSync(AUTHORING_SOURCE);
      throw new TypeError(`cannot import "${specifier}": rules have no modules`);
    });
    module.evaluateSync({ timeout: timeoutMs });
    const namespace = module.namespace;
    if (namespace.getSync('rule', { reference: true }).typeof !== 'function') {
      throw new TypeError('there is no exported function rule(event)');
    }
    const run = drive.applySync(undefined, [namespace.derefInto()], { result: { reference: true } }) as Run;
    return { run };
  } catch (error) {
    return { error: toTrouble(error, isolate.isDisposed, { file, body }) };
  }
}

/** What rules may import from `panther`. */
const AUTHORING_SOURCE = `
  const { hasOwn } = Object;
  const { isArray } = Array;
  /** The value under these keys, one inside the other; undefined where one is missing or no object. */
  export function deepGet(event, ...keys) {
    let value = event;
    for (const key of keys) {
      const isMap = typeof value === 'object' && value !== null && !isArray(value);
      value = isMap && hasOwn(value, key) ? value[key] : undefined;
    }
    return value;
  }
`;

/** A context has the language and nothing else; what could make code from text goes as well. */
function seal(context: Context): void {
  context.evalSync(`
    for (const one of [function () {}, async function () {}, function* () {}, async function* () {}]) {
      Object.defineProperty(Object.getPrototypeOf(one), 'constructor', { value: undefined });
    }
    delete globalThis.eval; delete globalThis.Function; delete globalThis.WebAssembly; delete globalThis.SharedArrayBuffer;
    globalThis.console = Object.freeze({ log() {}, info() {}, warn() {}, error() {}, debug() {} });
  `);
}

function toTrouble(error: unknown, isDisposed: boolean, source?: Pick<RuleSource, 'file' | 'body'>): Trouble {
  const message = errorMessage(error);
  if (isDisposed) return trouble('MemoryError', 'the rule used more memory than its limit');
  if (/execution timed out/i.test(message)) return trouble('TimeoutError', 'the rule ran longer than its time limit');
  const type = error instanceof Error ? error.name : 'Error';
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = /file:\/\/\/(\S+?\.ts):(\d+)/.exec(stack.replace(OWN_FRAMES, ''));
  if (place !== null) return trouble(type, `${message}: ${place[1]}, line ${place[2]}`);
  return trouble(type, source === undefined ? message : `${message}: ${source.file}${lineOf(message, source.body)}`);
}

/** Frames of Panther itself. */
const OWN_FRAMES = new RegExp(`^.*${import.meta.dirname.replaceAll(/[^\w]/g, '.')}.*$`, 'gm');

/** Errors about imports have no place. */
function lineOf(message: string, body: string): string {
  const specifier = /^cannot import "(.+)":/.exec(message)?.[1];
  const index = specifier === undefined ? -1 : body.split('\n').findIndex((line) => line.includes(specifier));
  return index < 0 ? '' : `, line ${index + 1}`;
}

function trouble(type: string, message: string): Trouble {
  return { type, title: `${type}: ${message}`.slice(0, 1_000), message: message.slice(0, 4_000) };
}
