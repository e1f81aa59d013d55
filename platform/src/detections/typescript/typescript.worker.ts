/**
 * Process that runs TypeScript rules in a V8 isolate (isolated-vm). Each rule has a context of its own, with the
 * language and nothing else. An isolate that breaks takes this process with it, and nothing more.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';
import type { Callback, Context, Isolate, Reference } from 'isolated-vm';
import ivm from 'isolated-vm';
import type { RuleSource, Trouble } from '../runner.ts';
import { askParent, firstFrame, serve, signOfLife } from '../sandbox/child.ts';

/** What the process is given first, as JSON. */
export interface TypeScriptProcessArgument {
  /** For one call of a rule with its alert functions. */
  readonly timeoutMs: number;
  /** For what rules do, all together; one that goes beyond it costs every rule a reload. */
  readonly memoryMb: number;
}

/** Of one call; `text` is what the rule's context says, of whatever form. */
export type RawAnswer = { readonly event: number; readonly rule: number } & (
  | { readonly error: Trouble }
  | { readonly text: unknown }
) & {
    /** What a unit test printed, cut to size. */
    readonly output?: string;
  };

export interface LoadRequest {
  readonly rules: readonly RuleSource[];
}

export interface RunRequest {
  readonly calls: readonly { readonly eventJson: string; readonly keys: readonly number[] }[];
}

export interface TestRequest {
  readonly rule: RuleSource;
  readonly eventJson: string;
}

type Run = Reference<(eventJson: string, isTest: boolean) => string>;

/** A rule that is loaded, or why it is not. */
type Loaded = { readonly run: Run } | { readonly error: Trouble };

interface Isolated {
  readonly isolate: Isolate;
  readonly rules: Map<number, Loaded>;
}

const { timeoutMs, memoryMb } = JSON.parse(firstFrame()) as TypeScriptProcessArgument;
const MEMORY_ERROR = 'MemoryError';
/** A rule that was stopped this often is not run any more. */
const MAX_OVERRUNS = 3;
/** Of a rule that does nothing, with some to spare. */
const CONTEXT_MB = 0.5;
const driverSource = readFileSync(new URL('./driver.sandbox.js', import.meta.url), 'utf8');
const consoleSource = readFileSync(new URL('./console.sandbox.js', import.meta.url), 'utf8');
const authoringSource = readFileSync(new URL('./authoring.sandbox.js', import.meta.url), 'utf8');
const AUTHORING_MODULE = 'panther';

let sources: readonly RuleSource[] = [];
let live: Isolated | undefined;
/** Rules that did not load, or ran over their limits too often: no more time is spent on them. */
const refused = new Map<number, Trouble>();
const overruns = new Map<number, number>();
let runningRule: number | undefined;

/** Replaces all rules. */
function load({ rules }: LoadRequest): readonly { readonly key: number; readonly error: Trouble }[] {
  dispose();
  refused.clear();
  overruns.clear();
  sources = rules;
  return [...ready().rules].flatMap(([key, loaded]) => ('error' in loaded ? [{ key, error: loaded.error }] : []));
}

function ready(): Isolated {
  if (live === undefined || live.isolate.isDisposed) live = open(sources);
  return live;
}

function open(rules: readonly RuleSource[]): Isolated {
  const isolate = new ivm.Isolate({ memoryLimit: memoryMb + Math.ceil(rules.length * CONTEXT_MB) });
  const loaded = new Map<number, Loaded>();
  for (const rule of rules) {
    const failure = refused.get(rule.key);
    const found = failure === undefined ? loadRule(isolate, rule) : { error: failure };
    loaded.set(rule.key, found);
    if ('error' in found) refused.set(rule.key, found.error);
    // What broke the isolate is known; the others get a new one.
    if (isolate.isDisposed) return open(rules);
  }
  return { isolate, rules: loaded };
}

function dispose(): void {
  if (live !== undefined && !live.isolate.isDisposed) live.isolate.dispose();
  live = undefined;
}

function runAll({ calls }: RunRequest): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (const [event, { eventJson, keys }] of calls.entries()) {
    for (const rule of keys) {
      const answer = call(ready(), rule, eventJson, false);
      if ('error' in answer || answer.text !== '') answers.push({ ...answer, event, rule });
    }
  }
  return answers;
}

/** A rule of its own, which may have the key of another. */
function runTest({ rule, eventJson }: TestRequest): RawAnswer {
  const kept = [new Map(refused), new Map(overruns)] as const;
  refused.delete(rule.key);
  printed = '';
  const own = open([rule]);
  try {
    const answer = { ...call(own, rule.key, eventJson, true), event: 0, rule: rule.key };
    return printed === '' ? answer : { ...answer, output: printedText(printed) };
  } finally {
    restore(refused, kept[0]);
    restore(overruns, kept[1]);
    printed = undefined;
    if (!own.isolate.isDisposed) own.isolate.dispose();
  }
}

function restore<T>(map: Map<number, T>, from: ReadonlyMap<number, T>): void {
  map.clear();
  for (const [key, value] of from) map.set(key, value);
}

function call(
  { isolate, rules }: Isolated,
  key: number,
  eventJson: string,
  isTest: boolean,
): { readonly error: Trouble } | { readonly text: unknown } {
  const loaded = rules.get(key);
  if (loaded === undefined) throw new Error(`no rule ${key} is loaded`);
  const failure = refused.get(key);
  if (failure !== undefined) return { error: failure };
  if ('error' in loaded) return loaded;
  begin(key);
  try {
    return { text: loaded.run.applySync(undefined, [eventJson, isTest], { timeout: timeoutMs }) };
  } catch (error) {
    const found = toTrouble(error, isolate.isDisposed);
    countOverrun(key, found);
    return { error: found };
  } finally {
    runningRule = undefined;
  }
}

function begin(key: number): void {
  runningRule = key;
  operations = 0;
  signOfLife(timeoutMs / 2, key);
}

function countOverrun(key: number, error: Trouble): void {
  if (error.type !== MEMORY_ERROR && error.type !== 'TimeoutError') return;
  const count = (overruns.get(key) ?? 0) + 1;
  overruns.set(key, count);
  if (count >= MAX_OVERRUNS) refused.set(key, error);
}

type Drive = Reference<(rule: unknown) => unknown>;

function loadRule(isolate: Isolate, { key, file, body }: RuleSource): Loaded {
  begin(key);
  try {
    const code = stripTypeScriptTypes(body, { mode: 'strip', sourceUrl: `file:///${file}` });
    const context = isolate.createContextSync();
    seal(context);
    if (printed !== undefined) openConsole(isolate, context);
    // Before the rule's own code, which could change what the driver uses.
    const drive = isolate.compileScriptSync(driverSource).runSync(context, { reference: true }) as Drive;
    const module = isolate.compileModuleSync(code, { filename: `file:///${file}` });
    module.instantiateSync(context, (specifier) => {
      if (specifier !== AUTHORING_MODULE) throw new TypeError(`cannot import "${specifier}": rules have no modules`);
      return authoring(isolate, context);
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
  } finally {
    runningRule = undefined;
  }
}

/** What rules may import from `panther`; the store is asked through a function that only this module sees. */
function authoring(isolate: Isolate, context: Context) {
  const ask = new ivm.Callback(askStore) as Callback<(json: string) => string>;
  context.global.setSync('__panther_ask', ask);
  return isolate.compileModuleSync(authoringSource);
}

const MAX_OPERATIONS = 1_000;
let operations = 0;

function askStore(json: unknown): string {
  operations += 1;
  if (operations > MAX_OPERATIONS)
    return JSON.stringify({ error: `more than ${MAX_OPERATIONS} operations on the key-value store for one event` });
  return askParent(String(json));
}

const MAX_PRINTED = 10_000;
/** What the running unit test has printed; undefined outside of one: what live events print goes nowhere. */
let printed: string | undefined;

/** `console` that keeps what is printed. The function behind it stays out of the rule's reach. */
function openConsole(isolate: Isolate, context: Context): void {
  context.global.setSync('__panther_print', new ivm.Callback(keepPrinted) as Callback<(text: string) => boolean>);
  isolate.compileScriptSync(consoleSource).runSync(context);
}

/** Whether there is room for more. */
function keepPrinted(text: unknown): boolean {
  if (printed === undefined || printed.length > MAX_PRINTED) return false;
  printed += String(text).slice(0, MAX_PRINTED + 1);
  return printed.length <= MAX_PRINTED;
}

function printedText(text: string): string {
  if (text.length <= MAX_PRINTED) return text;
  return `${text.slice(0, MAX_PRINTED)}\n... (truncated after ${MAX_PRINTED} characters)`;
}

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
  const message = error instanceof Error ? error.message : String(error);
  if (isDisposed) return trouble(MEMORY_ERROR, 'the rule used more memory than its limit');
  if (/execution timed out/i.test(message)) return trouble('TimeoutError', 'the rule ran longer than its time limit');
  const type = error instanceof Error ? error.name : 'Error';
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const place = /file:\/\/\/(\S+?\.ts):(\d+)/.exec(stack.replace(OWN_FRAMES, ''));
  if (place !== null) return trouble(type, `${message}: ${place[1]}, line ${place[2]}`);
  return trouble(type, source === undefined ? message : `${message}: ${source.file}${lineOf(message, source.body)}`);
}

/** Frames of Panther itself. */
const OWN_FRAMES = new RegExp(`^.*${dirname(import.meta.dirname).replaceAll(/[^\w]/g, '.')}.*$`, 'gm');

/** Errors about imports have no place. */
function lineOf(message: string, body: string): string {
  const specifier = /^cannot import "(.+)":/.exec(message)?.[1];
  const index = specifier === undefined ? -1 : body.split('\n').findIndex((line) => line.includes(specifier));
  return index < 0 ? '' : `, line ${index + 1}`;
}

function trouble(type: string, message: string): Trouble {
  return { type, title: `${type}: ${message}`.slice(0, 1_000), message: message.slice(0, 4_000) };
}

serve({
  handle(kind, text) {
    const request: unknown = JSON.parse(text);
    if (kind === 'load') return JSON.stringify(load(request as LoadRequest));
    if (kind === 'run') return JSON.stringify(runAll(request as RunRequest));
    return JSON.stringify(runTest(request as TestRequest));
  },
  running: () => runningRule,
  memoryBytes: () => process.memoryUsage.rss(),
});
