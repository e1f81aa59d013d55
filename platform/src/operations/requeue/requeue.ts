/**
 * Moves messages from one queue to another. A message is always in at least one of them: it is sent, or moved in one
 * step, before it is deleted. So a run that is killed loses nothing; the next one goes on with what is left.
 */
import type { Pacer } from '../pacer.ts';
import { createReasonCounter, type ReasonCount } from './reasons.ts';
import type { Candidate } from './selection.ts';

export interface Refusal {
  readonly index: number;
  readonly reason: string;
}

/** The messages of the source queue, each given out once. */
export interface MessageSource<M extends Candidate> {
  /** At most so many are given out at once. */
  readonly batchSize: number;
  /** None: there are no more. */
  take(maxMessages: number, signal: AbortSignal): Promise<readonly M[]>;
  /** Into the other queue; the ones that are refused stay where they are. */
  move(messages: readonly M[]): Promise<readonly Refusal[]>;
  /** These stay where they are. */
  leave(messages: readonly M[]): Promise<void>;
  /** Gives back what was left. */
  end(): Promise<void>;
  /** What else to tell at the end. */
  notes(): readonly string[];
}

export interface RequeueRun<M extends Candidate> {
  readonly source: MessageSource<M>;
  isWanted(message: M): boolean;
  readonly isDryRun: boolean;
  /** 0: all. */
  readonly limit: number;
  readonly pacer: Pacer;
  readonly concurrency: number;
  /** How many of the messages to keep for the report. */
  readonly sampleSize: number;
  onLook(looked: number): void;
  /** Milliseconds that only grow. */
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readonly signal: AbortSignal;
}

export interface RequeueResult<M> {
  readonly stoppedBy: 'end' | 'limit' | 'signal' | 'failure';
  readonly looked: number;
  /** Would be, in a dry run. */
  readonly moved: number;
  /** Looked at, but not selected. */
  readonly left: number;
  /** Refused by the other queue; they stay where they were. */
  readonly failed: number;
  readonly failures: readonly ReasonCount[];
  /** Why the messages that were moved had been there. */
  readonly reasons: readonly ReasonCount[];
  readonly sample: readonly M[];
  readonly notes: readonly string[];
  /** What ended the run too early. */
  readonly error?: unknown;
}

/** Never rejects: what went wrong is in the result, with what was done before. */
export async function requeueMessages<M extends Candidate>(run: RequeueRun<M>): Promise<RequeueResult<M>> {
  const tally = createTally(run);
  const errors: unknown[] = [];
  const fail = (error: unknown) => void errors.push(error);
  const worker = async () => {
    while (!run.signal.aborted && errors.length === 0) {
      if (!(await step(run, tally))) return;
    }
  };
  await Promise.all(Array.from({ length: run.concurrency }, () => worker().catch(fail)));
  await run.source.end().catch(fail);
  const isLimited = run.limit > 0 && tally.moved() >= run.limit;
  const stoppedBy = errors.length > 0 ? 'failure' : isLimited ? 'limit' : run.signal.aborted ? 'signal' : 'end';
  return { stoppedBy, ...tally.result(), notes: run.source.notes(), ...(errors.length > 0 && { error: errors[0] }) };
}

/** One batch; false when there is nothing more to do. */
async function step<M extends Candidate>(run: RequeueRun<M>, tally: Tally<M>): Promise<boolean> {
  const { source, pacer, signal } = run;
  const waitMs = pacer.delayMs(run.now());
  if (waitMs > 0) await run.sleep(waitMs, signal);
  const room = tally.reserve(Math.min(pacer.step, source.batchSize));
  if (room === 0 || signal.aborted) return false;
  const messages = await source.take(room, signal).catch((error: unknown) => {
    tally.giveBack(room);
    throw error;
  });
  const wanted = messages.filter((message) => run.isWanted(message));
  tally.giveBack(room - wanted.length);
  if (messages.length === 0) return false;
  const others = messages.filter((message) => !wanted.includes(message));
  tally.leave(others.length);
  await source.leave(others);
  pacer.book(wanted.length, run.now());
  const refusals = run.isDryRun ? [] : wanted.length === 0 ? [] : await source.move(wanted);
  if (run.isDryRun) await source.leave(wanted);
  tally.move(wanted, refusals);
  run.onLook(messages.length);
  return true;
}

interface Tally<M> {
  /** Room for messages within the limit: at most so many, 0 when there is none. */
  reserve(most: number): number;
  giveBack(count: number): void;
  leave(count: number): void;
  move(messages: readonly M[], refusals: readonly Refusal[]): void;
  moved(): number;
  result(): Omit<RequeueResult<M>, 'stoppedBy' | 'notes' | 'error'>;
}

function createTally<M extends Candidate>({ limit, sampleSize }: RequeueRun<M>): Tally<M> {
  let reserved = 0;
  let [moved, left, failed] = [0, 0, 0];
  const reasons = createReasonCounter();
  const failures = createReasonCounter();
  const sample: M[] = [];
  return {
    reserve(most) {
      const room = limit === 0 ? most : Math.max(0, Math.min(most, limit - reserved));
      reserved += room;
      return room;
    },
    giveBack(count) {
      reserved -= count;
    },
    leave(count) {
      left += count;
    },
    move(messages, refusals) {
      const refused = new Map(refusals.map(({ index, reason }) => [index, reason]));
      for (const [index, message] of messages.entries()) {
        if (refused.has(index)) {
          failures.add(refused.get(index));
          continue;
        }
        reasons.add(message.reason);
        if (sample.length < sampleSize) sample.push(message);
      }
      failed += refused.size;
      moved += messages.length - refused.size;
      // What was refused leaves its room to others.
      reserved -= refused.size;
    },
    moved: () => moved,
    result: () => ({
      looked: moved + left + failed,
      moved,
      left,
      failed,
      failures: failures.counts(),
      reasons: reasons.counts(),
      sample,
    }),
  };
}
