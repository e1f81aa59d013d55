/**
 * The side of a sandbox process: requests come and answers go through two pipes that block, so that code deep inside
 * the interpreter can ask for something and wait for it. A frame is its length in four bytes, then a letter, then text.
 */
import { readSync, writeSync } from 'node:fs';

/** File descriptors that the parent gives. */
const FROM_PARENT = 3;
const TO_PARENT = 4;

export interface Served {
  /** The answer to a request. What it throws ends the process's use. */
  handle(kind: string, text: string): string;
  /** Key of the rule that runs. */
  running(): number | undefined;
  /** What the sandbox holds. */
  memoryBytes(): number;
}

/** Everything that is used later is taken now: the sandbox's code may change what is global. */
const self = process;
const parentPid = process.ppid;
const exit = process.exit.bind(process);
const now = performance.now.bind(performance);
const { from, alloc } = Buffer;
const startOf = alloc(4);
let lastSignMs = 0;

/** What the parent says before anything else. */
export function firstFrame(): string {
  return receive();
}

/** Answers requests until the parent is gone. */
export function serve({ handle, running, memoryBytes }: Served): never {
  send('A', `${memoryBytes()}\n`);
  for (;;) {
    const request = receive();
    try {
      const answer = handle(request.slice(0, request.indexOf('\n')), request.slice(request.indexOf('\n') + 1));
      send('A', `${memoryBytes()}\n${answer}`);
    } catch (error) {
      send('E', `${running() ?? ''}\n${String(error)}`);
    }
  }
}

/** Asks the parent for something, and waits for it. */
export function askParent(text: string): string {
  send('K', text);
  return receive();
}

/** A process whose parent was killed must not go on with what does not end. */
export function exitIfAlone(): void {
  if (self.ppid !== parentPid) exit(0);
}

/** Tells the parent that work goes on, and on which rule, if it has not heard so for a while. */
export function signOfLife(everyMs: number, rule: number | undefined): void {
  const at = now();
  if (at - lastSignMs < everyMs) return;
  lastSignMs = at;
  send('P', String(rule ?? ''));
}

function send(kind: string, text: string): void {
  const body = from(kind + text, 'utf8');
  const length = alloc(4);
  length.writeUInt32LE(body.length);
  writeAll(length);
  writeAll(body);
}

function writeAll(bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(TO_PARENT, bytes, done, bytes.length - done);
}

function receive(): string {
  readAll(startOf);
  const body = alloc(startOf.readUInt32LE());
  readAll(body);
  return body.toString('utf8');
}

function readAll(into: Buffer): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(FROM_PARENT, into, done, into.length - done, null);
    // The parent is gone.
    if (count === 0) exit(0);
    done += count;
  }
}
