/**
 * Lists objects and sends each on, many at once, paced, and so that an interrupted run can go on: see `checkpoint.ts`.
 * The one loop here stops for the end of the list, a limit, a time, a signal or a failure.
 */
import type { ObjectInfo } from '../../ports/objects.ts';
import type { Pacer } from '../pacer.ts';
import { createTracker, type Tracker } from './checkpoint.ts';

export interface SendRun {
  /** In the order of their keys. */
  list(after: string | undefined): AsyncIterable<ObjectInfo>;
  readonly isWanted: (object: ObjectInfo) => boolean;
  /** Keys, of those given, that were processed before; absent: nobody asks. */
  processed?(objects: readonly ObjectInfo[]): Promise<ReadonlySet<string>>;
  /** Throws when one of them cannot be sent. */
  send(objects: readonly ObjectInfo[]): Promise<void>;
  readonly pacer: Pacer;
  readonly concurrency: number;
  /** How many to send in all, with those of before the interruption; 0: all. */
  readonly limit: number;
  /** 0: none. */
  readonly durationMs: number;
  /** Begin again at the end of the list. */
  readonly isLoop: boolean;
  readonly start: Position;
  save?(position: Position, isComplete: boolean): Promise<void>;
  onSent(objects: readonly ObjectInfo[]): void;
  /** Milliseconds that only grow. */
  now(): number;
  /** Ends early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readonly signal: AbortSignal;
}

export interface Position {
  readonly after?: string;
  readonly sent: number;
  readonly bytes: number;
}

export interface SendResult {
  readonly stoppedBy: 'end' | 'limit' | 'duration' | 'signal';
  readonly listed: number;
  /** Left out by the conditions, or empty. */
  readonly unwanted: number;
  readonly processed: number;
  /** In this run. */
  readonly sent: number;
  readonly bytes: number;
}

/** After a kill, at most so many objects are sent twice: those not passed, and those passed but not saved. */
const WINDOW = 1_000;
const SAVE_EVERY = 1_000;
const SAVE_EVERY_MS = 1_000;
/** Looked up in one question. */
const LOOK_UP = 100;

type StoppedBy = SendResult['stoppedBy'];

/** @throws what `send` throws, after what is in work has ended and the checkpoint is saved. */
export async function sendObjects(run: SendRun): Promise<SendResult> {
  const work = new Work(run);
  let isComplete = false;
  try {
    const stoppedBy = await work.all();
    isComplete = stoppedBy === 'end';
    return { stoppedBy, ...work.counts };
  } finally {
    await work.end(isComplete);
  }
}

class Work {
  readonly counts = { listed: 0, unwanted: 0, processed: 0, sent: 0, bytes: 0 };
  readonly #run: SendRun;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #deadline: number;
  readonly #tracker: Tracker;
  readonly #pool: Pool;
  readonly #save: ReturnType<typeof saver>;
  #begun: number;

  constructor(run: SendRun) {
    this.#run = run;
    this.#signal = AbortSignal.any([run.signal, this.#stop.signal]);
    this.#deadline = run.durationMs === 0 ? Number.POSITIVE_INFINITY : run.now() + run.durationMs;
    this.#tracker = createTracker(run.start);
    this.#pool = createPool(run.concurrency);
    this.#save = saver(run, this.#tracker);
    this.#begun = run.start.sent;
  }

  async all(): Promise<StoppedBy> {
    const { isLoop, start, sleep } = this.#run;
    let stoppedBy: StoppedBy | undefined;
    do {
      const before = this.counts.listed;
      stoppedBy = await this.#pass(isLoop ? undefined : start.after);
      // An empty list would be listed again and again, as fast as it can be.
      if (isLoop && stoppedBy === undefined && this.counts.listed === before) await sleep(1_000, this.#signal);
      if (isLoop) stoppedBy ??= this.#reason();
    } while (isLoop && stoppedBy === undefined);
    await this.#pool.end();
    return stoppedBy ?? 'end';
  }

  async end(isComplete: boolean): Promise<void> {
    await this.#pool.settled();
    await this.#save(true, isComplete);
  }

  /** Why to stop, if there is a reason; the end of the list is another one. */
  #reason(): StoppedBy | undefined {
    if (this.#signal.aborted) return 'signal';
    if (this.#run.now() >= this.#deadline) return 'duration';
    return this.#room() <= 0 ? 'limit' : undefined;
  }

  #room(): number {
    const { limit, pacer } = this.#run;
    return limit === 0 ? pacer.step : Math.min(pacer.step, limit - this.#begun);
  }

  async #pass(after: string | undefined): Promise<StoppedBy | undefined> {
    const { list, processed, pacer, isWanted } = this.#run;
    for await (const chunk of inChunks(list(after), processed ? LOOK_UP : pacer.step, isWanted)) {
      const done = processed ? await processed(chunk.filter(isWanted)) : NONE;
      for (let rest: readonly ObjectInfo[] = chunk; rest.length > 0; ) {
        const stoppedBy = this.#reason();
        if (stoppedBy !== undefined) return stoppedBy;
        const left = await this.#step(rest, done);
        if (left === undefined) return this.#signal.aborted ? 'signal' : 'duration';
        rest = left;
      }
    }
    return undefined;
  }

  /** Takes one batch from the front; resolves to what is left when it is on its way, to undefined when it came too late. */
  async #step(objects: readonly ObjectInfo[], done: ReadonlySet<string>): Promise<readonly ObjectInfo[] | undefined> {
    const batch: ObjectInfo[] = [];
    const tickets: number[] = [];
    const room = this.#room();
    let index = 0;
    for (; index < objects.length && batch.length < room; index += 1) {
      const object = objects[index] as ObjectInfo;
      if (this.#isToSend(object, done)) {
        tickets.push(this.#tracker.begin(object));
        batch.push(object);
      } else this.#tracker.pass(object.key);
    }
    if (batch.length > 0 && !(await this.#pace(batch.length))) return undefined;
    await this.#begin(batch, tickets);
    return objects.slice(index);
  }

  #isToSend(object: ObjectInfo, done: ReadonlySet<string>): boolean {
    this.counts.listed += 1;
    if (!this.#run.isWanted(object)) this.counts.unwanted += 1;
    else if (done.has(object.key)) this.counts.processed += 1;
    else return true;
    return false;
  }

  /** False when the time is over first. */
  async #pace(items: number): Promise<boolean> {
    const { pacer, now, sleep } = this.#run;
    const at = now();
    const waitMs = pacer.book(items, at);
    const leftMs = this.#deadline - at;
    if (waitMs > 0) await sleep(Math.min(waitMs, leftMs), this.#signal);
    return waitMs < leftMs && !this.#signal.aborted;
  }

  async #begin(batch: readonly ObjectInfo[], tickets: readonly number[]): Promise<void> {
    if (batch.length > 0) {
      this.#begun += batch.length;
      await this.#pool.add(
        () => this.#send(batch, tickets),
        () => this.#stop.abort(),
      );
    }
    while (this.#tracker.open() > WINDOW && this.#pool.size() > 0) await this.#pool.one();
    await this.#save(false);
  }

  async #send(batch: readonly ObjectInfo[], tickets: readonly number[]): Promise<void> {
    await this.#run.send(batch);
    for (const ticket of tickets) this.#tracker.done(ticket);
    this.counts.sent += batch.length;
    for (const { sizeBytes } of batch) this.counts.bytes += sizeBytes;
    this.#run.onSent(batch);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Saves now and then, or when it must. */
function saver(run: SendRun, tracker: Tracker): (isForced: boolean, isComplete?: boolean) => Promise<void> {
  let savedSent = run.start.sent;
  let savedAt = run.now();
  return async (isForced, isComplete = false) => {
    const position = tracker.position();
    const isDue = position.sent - savedSent >= SAVE_EVERY || run.now() - savedAt >= SAVE_EVERY_MS;
    if (run.save === undefined || !(isForced || isDue)) return;
    await run.save(position, isComplete);
    savedSent = position.sent;
    savedAt = run.now();
  };
}

interface Pool {
  /** Waits for a place, then begins. Throws what an earlier one has thrown. */
  add(work: () => Promise<void>, onFailure: () => void): Promise<void>;
  size(): number;
  /** Until one more has ended. */
  one(): Promise<void>;
  /** Until all have ended; throws the first failure. */
  end(): Promise<void>;
  settled(): Promise<void>;
}

function createPool(most: number): Pool {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  function check(): void {
    if (failure) throw failure.error;
  }
  return {
    async add(work, onFailure) {
      while (running.size >= most) await Promise.race(running);
      check();
      const promise: Promise<void> = work()
        .catch((error: unknown) => {
          failure ??= { error };
          onFailure();
        })
        .finally(() => running.delete(promise));
      running.add(promise);
    },
    size: () => running.size,
    one: () => Promise.race(running),
    async end() {
      await Promise.all(running);
      check();
    },
    async settled() {
      await Promise.all(running);
    },
  };
}

/** Each with so many wanted objects, and what stands between them. */
async function* inChunks<T>(items: AsyncIterable<T>, size: number, isWanted: (item: T) => boolean) {
  let chunk: T[] = [];
  let wanted = 0;
  for await (const item of items) {
    chunk.push(item);
    if (isWanted(item)) wanted += 1;
    if (wanted < size && chunk.length < WINDOW) continue;
    yield chunk;
    [chunk, wanted] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}
