/**
 * Thread that runs Python rules in Pyodide (CPython in WebAssembly). It answers one request at a time with JSON text.
 *
 * Rules are hostile code: the interpreter is given no JavaScript objects, no files and no network, and what is left
 * around it in this thread cannot make code from text nor reach the process.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { loadPyodide } from 'pyodide';

export interface PythonWorkerData {
  readonly interrupt: SharedArrayBuffer;
  /** Text of the host and of the AST dump. */
  readonly sources: readonly string[];
  readonly maxMemoryBytes: number;
}

export interface PythonRequest {
  readonly id: number;
  readonly kind: 'load' | 'run' | 'test' | 'ast';
  /** JSON. */
  readonly text: string;
}

export type PythonReply =
  | { readonly id: number; readonly text: string; readonly memoryBytes: number }
  | { readonly id: number; readonly error: string };

const { interrupt, sources, maxMemoryBytes } = workerData as PythonWorkerData;
const port = parentPort;
if (port === null) throw new Error('this is the code of a thread');

limitMemory();
const python = await loadPyodide({ jsglobals: Object.create(null), packages: [] });
for (const source of sources) python.runPython(source);
const handle = python.globals.get('handle') as (kind: string, text: string) => string;
python.setInterruptBuffer(new Uint8Array(interrupt));
const memory = (python as unknown as { _module: { HEAP8: Int8Array } })._module;
python.runPython(readFileSync(new URL('./seal.py', import.meta.url), 'utf8'));
sealThread();

port.on('message', ({ id, kind, text }: PythonRequest) => {
  try {
    const answer = handle(kind, text);
    port.postMessage({ id, text: answer, memoryBytes: memory.HEAP8.byteLength } satisfies PythonReply);
  } catch (error) {
    port.postMessage({ id, error: String(error) } satisfies PythonReply);
  }
});
port.postMessage({ id: -1, text: '', memoryBytes: memory.HEAP8.byteLength } satisfies PythonReply);

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

/** What a rule could use if it found a way out of the interpreter. */
function sealThread(): void {
  const functions = [() => {}, async () => {}, function* () {}, async function* () {}];
  for (const one of functions) Object.defineProperty(Object.getPrototypeOf(one), 'constructor', { value: undefined });
  const filesystems = (python.FS as { filesystems?: Record<string, unknown> }).filesystems;
  delete filesystems?.NODEFS;
  for (const name of ['mountNodeFS', 'loadPackage', 'loadPackagesFromImports', 'runPythonAsync']) {
    Object.defineProperty(python, name, { value: undefined });
  }
  for (const name of ['process', 'fetch', 'WebSocket', 'EventSource', 'navigator', 'Buffer', 'WebAssembly', 'eval']) {
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
  }
}
