/**
 * Process that runs Python rules in Pyodide (CPython in WebAssembly). It answers one request at a time with JSON text.
 *
 * Rules are hostile code: the interpreter is given no JavaScript objects, no files and no network, what is left around
 * it in this process cannot make code from text nor reach the process, and Node's permission model is behind that.
 */
import { createHash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { askParent, exitIfAlone, firstFrame, serve, signOfLife } from '../sandbox/child.ts';

/** What the process is given first, as JSON. */
export interface PythonProcessArgument {
  /** Of Pyodide's module. */
  readonly pyodideUrl: string;
  /** Python that the interpreter runs first. */
  readonly sources: readonly string[];
  readonly maxMemoryBytes: number;
  /** For one call of a rule with its alert functions. */
  readonly timeoutMs: number;
  /** Wheels, with the names of their modules. */
  readonly packages: readonly { readonly file: string; readonly sha256: string; readonly modules: readonly string[] }[];
}

interface Pyodide {
  runPython(code: string): unknown;
  setInterruptBuffer(buffer: { 0: number }): void;
  setStdin(options: { read(into: Uint8Array): number }): void;
  setStdout(options: { write(bytes: Uint8Array): number }): void;
  setStderr(options: { write(bytes: Uint8Array): number }): void;
  readonly globals: { get(name: string): unknown };
  readonly _module: { readonly HEAPU8: Uint8Array; readonly HEAPU32: Uint32Array };
  readonly FS: { writeFile(path: string, bytes: Uint8Array): void; readonly filesystems?: Record<string, unknown> };
}

const SIGINT = 2;
/** The clock is read once in so many looks. */
const LOOKS_PER_TIME = 16;
/** A call that waits for the processor has so many times its limit. */
const MAX_STRETCH = 3;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const argument = JSON.parse(firstFrame()) as PythonProcessArgument;
const { sources, maxMemoryBytes, timeoutMs } = argument;

// Pyodide asks for the numbers of file errors in a way that the permission model refuses.
Object.assign(process, { binding: () => ({ fs: constants }) });
const cpuUsage = process.cpuUsage.bind(process);
const now = performance.now.bind(performance);
limitMemory();
const { loadPyodide } = (await import(argument.pyodideUrl)) as { loadPyodide(options: object): Promise<Pyodide> };
const python = await loadPyodide({ jsglobals: Object.create(null), packages: [] });
answerQuestions();
for (const source of sources) python.runPython(source);
for (const one of argument.packages) addPackage(one);
python.runPython('load_packages()');
const handle = python.globals.get('handle') as (kind: string, text: string) => string;
const callAddress = addressOf('CALL_BYTES');
limitTime();
python.runPython(readFileSync(new URL('./seal.py', import.meta.url), 'utf8'));
sealProcess();
serve({ handle, running: runningRule, memoryBytes: () => python._module.HEAPU8.byteLength });

function addPackage({ file, sha256, modules }: PythonProcessArgument['packages'][number]): void {
  const bytes = readFileSync(file);
  // Changed since it was fetched: as if it were not there.
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return;
  python.FS.writeFile('/package.whl', bytes);
  (python.globals.get('add_package') as (names: string) => void)(modules.join(' '));
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Beyond the limit the interpreter raises MemoryError. */
function limitMemory(): void {
  const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } }).WebAssembly
    .Memory;
  const { grow } = prototype;
  prototype.grow = function growWithin(pages: number): number {
    if (this.buffer.byteLength + pages * 65_536 > maxMemoryBytes) throw new RangeError('beyond the memory limit');
    return grow.call(this, pages);
  };
}

/** Of a `bytearray` in the interpreter's memory. */
function addressOf(name: string): number {
  const bytes = python.globals.get(name) as { getBuffer(kind: string): { readonly data: Uint8Array } };
  return bytes.getBuffer('u8').data.byteOffset;
}

/** Key of the rule that runs. */
function runningRule(): number | undefined {
  const [call, key] = python._module.HEAPU32.subarray(callAddress / 4, callAddress / 4 + 2);
  return call === 0 ? undefined : key;
}

/**
 * The interpreter looks here every few instructions. A call that has its time behind it is interrupted, and again after
 * as much time more. The number of the running call stands in the interpreter's memory; 0: none is running.
 */
function limitTime(): void {
  let call = 0;
  let looks = 0;
  let deadline = 0;
  let latest = 0;
  let cpuBefore: NodeJS.CpuUsage | undefined;
  let isInterrupted = false;

  function start(running: number): number {
    call = running;
    const at = now();
    [deadline, latest] = [at + timeoutMs, at + MAX_STRETCH * timeoutMs];
    [cpuBefore, isInterrupted] = [undefined, false];
    signOfLife(timeoutMs / 2, runningRule());
    return 0;
  }

  /** A machine that is busy with other things must not make a rule slow. */
  function hasUsedItsTime(at: number): boolean {
    const { user, system } = cpuUsage(cpuBefore);
    return at > latest || (user + system) / 1_000 > timeoutMs / 4;
  }

  function look(): number {
    const running = python._module.HEAPU32[callAddress / 4] as number;
    if (running !== call) return start(running);
    looks += 1;
    if (running === 0 || looks % LOOKS_PER_TIME !== 0) return 0;
    const at = now();
    if (cpuBefore === undefined && at > deadline - timeoutMs / 2) cpuBefore = cpuUsage();
    if (at < deadline) return 0;
    exitIfAlone();
    deadline = at + timeoutMs;
    if (!hasUsedItsTime(at)) return 0;
    // One that does not listen goes on in silence, which ends it.
    if (!isInterrupted) signOfLife(0, runningRule());
    isInterrupted = true;
    return SIGINT;
  }

  python.setInterruptBuffer({
    get 0() {
      return look();
    },
    set 0(_cleared) {},
  });
}

/** The interpreter's standard streams are how it asks for the key-value store; there is nobody else to read them. */
function answerQuestions(): void {
  let question = new Uint8Array();
  let answer: Uint8Array = new Uint8Array();
  python.setStdout({
    write(bytes) {
      question = joined(question, bytes);
      if (question.length < 4 || question.length < 4 + lengthIn(question)) return bytes.length;
      const text = decoder.decode(question.subarray(4));
      question = new Uint8Array();
      answer = framed(encoder.encode(askParent(text)));
      return bytes.length;
    },
  });
  python.setStdin({
    read(into) {
      const part = answer.subarray(0, into.length);
      into.set(part);
      answer = answer.subarray(part.length);
      return part.length;
    },
  });
  python.setStderr({ write: (bytes) => bytes.length });
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function lengthIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function framed(bytes: Uint8Array): Uint8Array {
  const start = new Uint8Array(4);
  new DataView(start.buffer).setUint32(0, bytes.length, true);
  return joined(start, bytes);
}

/** What a rule could use if it found a way out of the interpreter. */
function sealProcess(): void {
  const functions = [() => {}, async () => {}, function* () {}, async function* () {}];
  for (const one of functions) Object.defineProperty(Object.getPrototypeOf(one), 'constructor', { value: undefined });
  delete python.FS.filesystems?.NODEFS;
  for (const name of ['mountNodeFS', 'loadPackage', 'loadPackagesFromImports', 'runPythonAsync']) {
    Object.defineProperty(python, name, { value: undefined });
  }
  for (const name of ['process', 'fetch', 'WebSocket', 'EventSource', 'navigator', 'Buffer', 'WebAssembly', 'eval']) {
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
  }
}
