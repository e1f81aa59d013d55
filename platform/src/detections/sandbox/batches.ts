/** Runs calls in a sandbox in parts. When a rule ends the sandbox, it is barred, and the part's other calls are made again. */
import type { Answer, Call, Trouble } from '../runner.ts';
import type { KeyValueCalls } from '../state/key-values.ts';
import { Stopped } from './process.ts';

export interface Batches {
  run(calls: readonly Call[]): Promise<readonly Answer[]>;
  /** Rules that ended the sandbox. They are not run again until they are loaded anew. */
  readonly barred: Map<number, Trouble>;
}

export interface BatchesOptions {
  /** What the calls changed is undone when they are made again. */
  readonly keyValues: Pick<KeyValueCalls, 'mark' | 'undo'>;
  /** @throws Stopped when one of them ends the sandbox. */
  ask(calls: readonly Call[]): Promise<readonly Answer[]>;
}

/** Calls in one request: bounds what is made again after a hard stop. */
const CALLS_PER_REQUEST = 256;

export function createBatches({ keyValues, ask }: BatchesOptions): Batches {
  const barred = new Map<number, Trouble>();

  async function runPart(calls: readonly Call[]): Promise<readonly Answer[]> {
    const refused = calls.flatMap(({ keys }, event) =>
      keys.flatMap((rule) => (barred.has(rule) ? [{ event, rule, error: barred.get(rule) as Trouble }] : [])),
    );
    keyValues.mark();
    try {
      return [...refused, ...(await ask(refused.length === 0 ? calls : calls.map(withoutBarred)))];
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      keyValues.undo();
      if (error.suspect === undefined || barred.has(error.suspect))
        return [...refused, ...(await inPieces(calls, error.trouble))];
      barred.set(error.suspect, error.trouble);
      return runPart(calls);
    }
  }

  function withoutBarred({ eventJson, keys }: Call): Call {
    return { eventJson, keys: keys.filter((key) => !barred.has(key)) };
  }

  /** Finds the call that ended the sandbox, and bars its rule. */
  async function inPieces(calls: readonly Call[], trouble: Trouble): Promise<readonly Answer[]> {
    const asked = calls.map(withoutBarred).flatMap((call, event) => call.keys.map((key) => ({ event, key })));
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
    barred,
    async run(calls) {
      const answers: Answer[] = [];
      for (const { part, offset } of inParts(calls)) {
        for (const answer of await runPart(part)) answers.push({ ...answer, event: answer.event + offset });
      }
      return answers;
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
