/**
 * A process that runs detections: hostile code. It has no environment, no files but the program's own to read, no
 * children and no threads (Node's permission model), and speaks to us through two pipes only. It limits the time of
 * each call itself; when nothing is heard from it for too long, it is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Trouble } from '../runner.ts';

export interface SandboxOptions {
  /** The process's code. */
  readonly workerUrl: URL;
  /** Files and folders (`folder/*`) that it may read, besides. */
  readonly readable: readonly string[];
  /** More flags of Node. */
  readonly flags?: readonly string[];
  /** What the process is told first. */
  readonly start: string;
  /** What the sandbox asks for while it answers a request: JSON to JSON. */
  serve(text: string): Promise<string>;
}

export interface Sandbox {
  readonly isOver: boolean;
  /** As it was with the last answer. */
  readonly memoryBytes: number;
  /**
   * One request after the other; `begin` is called when this one's turn has come.
   * @throws Stopped when nothing is heard for `silenceMs`, or the process breaks.
   */
  ask(kind: string, text: string, silenceMs: number, begin?: () => void): Promise<string>;
  end(): Promise<void>;
}

/** The process has ended: by us, or because a detection broke it. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly trouble: Trouble;
  /** Key of the rule that ran, as far as it is known. */
  readonly suspect: number | undefined;

  constructor(trouble: Trouble = TOO_SLOW, suspect?: number) {
    super(trouble.message);
    this.trouble = trouble;
    this.suspect = suspect;
  }
}

const TOO_SLOW: Trouble = {
  type: 'TimeoutError',
  title: 'TimeoutError()',
  message: 'the rule ran longer than its time limit and could not be interrupted; it is not run again',
};

/** To start: Node.js and the interpreter, on a busy machine. */
const START_MS = 60_000;
/** Of the answers to one request. */
const MAX_FRAME_BYTES = 1 << 27;
const MAX_STDERR = 4_000;

interface Waiting {
  readonly request: PromiseWithResolvers<string>;
  readonly silenceMs: number;
}

export function startSandbox(options: SandboxOptions): Sandbox {
  const child = spawnChild(options);
  const input = child.stdio[3] as Writable;
  let waiting: Waiting | undefined;
  let isOver = false;
  let memoryBytes = 0;
  let stderr = '';
  let suspect: number | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const up = Promise.withResolvers<void>();
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));

  let ended: unknown;
  let isUp = false;
  const starting = setTimeout(() => over(new Error('the process for detections did not start in time')), START_MS);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
  });
  child.on('error', over);
  child.on('close', () =>
    over(
      isUp ? new Stopped(breakage(stderr), suspect) : new Error(`the process for detections did not start: ${stderr}`),
    ),
  );
  input.on('error', () => undefined);
  readFrames(child.stdio[4] as Readable, onFrame, () => over(new Stopped(breakage('its answer is too long'))));
  input.write(frame(options.start));
  hold(false);

  function onFrame(kind: string, text: string): void {
    listen();
    const end = text.indexOf('\n');
    if (kind === 'K') void answer(text);
    else if (kind === 'P') suspect = numberIn(text);
    else if (kind === 'E') over(new Stopped(breakage(text.slice(end + 1)), numberIn(text.slice(0, end))));
    else answered(Number(text.slice(0, end)), text.slice(end + 1));
  }

  function answered(bytes: number, text: string): void {
    memoryBytes = bytes;
    clearTimeout(starting);
    isUp = true;
    up.resolve();
    waiting?.request.resolve(text);
  }

  async function answer(question: string): Promise<void> {
    // Our own time is not the detection's.
    clearTimeout(timer);
    try {
      input.write(frame(await options.serve(question)));
      listen();
    } catch (error) {
      // The store cannot be reached, or is not ours: the unit of work fails, not the detection.
      over(error);
    }
  }

  function listen(): void {
    clearTimeout(timer);
    if (waiting !== undefined) timer = setTimeout(() => over(new Stopped(TOO_SLOW, suspect)), waiting.silenceMs);
  }

  function over(reason: unknown): void {
    ended ??= reason;
    isOver = true;
    clearTimeout(starting);
    clearTimeout(timer);
    child.kill('SIGKILL');
    up.resolve();
    waiting?.request.reject(reason);
  }

  /** Whether Panther lives on for it. */
  function hold(isHeld: boolean): void {
    for (const one of [child, ...child.stdio] as (ChildProcess | undefined)[]) {
      if (isHeld) one?.ref?.();
      else one?.unref?.();
    }
  }

  async function askNow(kind: string, text: string, silenceMs: number, begin?: () => void): Promise<string> {
    const request = Promise.withResolvers<string>();
    hold(true);
    try {
      await up.promise;
      if (isOver) throw ended;
      waiting = { request, silenceMs };
      suspect = undefined;
      begin?.();
      input.write(frame(`${kind}\n${text}`));
      listen();
      return await request.promise;
    } finally {
      waiting = undefined;
      clearTimeout(timer);
      hold(false);
    }
  }

  return {
    get isOver() {
      return isOver;
    },
    get memoryBytes() {
      return memoryBytes;
    },
    ask(kind, text, silenceMs, begin) {
      const found = tail.then(() => askNow(kind, text, silenceMs, begin));
      tail = found.catch(() => undefined);
      return found;
    },
    async end() {
      over(new Stopped());
      hold(true);
      await gone;
    },
  };
}

function spawnChild({ workerUrl, readable, flags }: SandboxOptions): ChildProcess {
  const file = fileURLToPath(workerUrl);
  const reads = [file, ...readable].map((path) => `--allow-fs-read=${path}`);
  return spawn(
    process.execPath,
    ['--permission', ...reads, '--disable-warning=ExperimentalWarning', ...(flags ?? []), file],
    { env: {}, cwd: '/', stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], windowsHide: true },
  );
}

/** How long a process may be silent that limits its calls to `timeoutMs`: longer, and it does not listen. */
export function silenceOf(timeoutMs: number): number {
  return 4 * timeoutMs + 500;
}

/** The program's own code, which a sandbox's code imports: of a checkout, or bundled flat. */
export function codeOf(workerUrl: URL): readonly string[] {
  const file = fileURLToPath(workerUrl);
  const folder = dirname(file);
  if (!file.endsWith('.ts')) return [join(folder, '*')];
  return [join(folder, '..', '*'), join(folder, '..', '..', '..', 'package.json')];
}

/** What a detection did that broke the interpreter. */
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

function numberIn(text: string): number | undefined {
  return text === '' ? undefined : Number(text);
}

function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(4 + length);
  bytes.writeUInt32LE(length);
  bytes.write(text, 4);
  return bytes;
}

function readFrames(stream: Readable, onFrame: (kind: string, text: string) => void, onTooLong: () => void): void {
  let parts: Buffer[] = [];
  let have = 0;
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    have += chunk.length;
    while (have >= 4) {
      if ((parts[0] as Buffer).length < 4) parts = [Buffer.concat(parts)];
      const length = (parts[0] as Buffer).readUInt32LE();
      if (length > MAX_FRAME_BYTES) return onTooLong();
      if (have < 4 + length) return;
      const all = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      parts = all.length === 4 + length ? [] : [all.subarray(4 + length)];
      have -= 4 + length;
      onFrame(all.toString('latin1', 4, 5), all.toString('utf8', 5, 4 + length));
    }
  });
}
