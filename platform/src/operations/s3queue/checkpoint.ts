/**
 * How far a run is, so that the next one goes on there. Objects are sent by many workers at once, in no order: the
 * checkpoint passes an object only when it and everything listed before it was sent.
 */
import { UserError } from '../../core/errors.ts';

/** What the file says, as JSON. */
export interface Checkpoint {
  readonly version: 1;
  /** What was asked for; another run must not go on from here. */
  readonly run: Readonly<Record<string, unknown>>;
  /** RFC 3339; times that were given as `2d` ago count from here. */
  readonly startedAt: string;
  /** Everything up to and with this key is done; absent: nothing is. */
  readonly after?: string;
  readonly sent: number;
  readonly bytes: number;
  readonly isComplete: boolean;
}

export interface Tracked {
  readonly key: string;
  readonly sizeBytes: number;
}

/** Follows objects in the order in which they were listed. */
export interface Tracker {
  /** An object that is to be sent. */
  begin(object: Tracked): number;
  /** An object that needs no sending. */
  pass(key: string): void;
  done(ticket: number): void;
  /** Objects begun that the checkpoint has not passed. */
  open(): number;
  position(): { readonly after?: string; readonly sent: number; readonly bytes: number };
}

export function createTracker(start: {
  readonly after?: string;
  readonly sent: number;
  readonly bytes: number;
}): Tracker {
  let { after, sent, bytes } = start;
  /** What is listed and not passed, oldest first; `first` is the ticket of its head. */
  let waiting: (Tracked & { isDone: boolean; isSent: boolean })[] = [];
  let first = 0;
  let head = 0;

  function advance(): void {
    for (let one = waiting[head]; one?.isDone; one = waiting[head]) {
      after = one.key;
      if (one.isSent) {
        sent += 1;
        bytes += one.sizeBytes;
      }
      head += 1;
    }
    if (head < 1_000) return;
    waiting = waiting.slice(head);
    first += head;
    head = 0;
  }

  return {
    begin: (object) => first + waiting.push({ ...object, isDone: false, isSent: true }) - 1,
    pass(key) {
      if (head === waiting.length) after = key;
      else waiting.push({ key, sizeBytes: 0, isDone: true, isSent: false });
    },
    done(ticket) {
      const one = waiting[ticket - first];
      if (one !== undefined) one.isDone = true;
      advance();
    },
    open: () => waiting.length - head,
    position: () => ({ ...(after === undefined ? {} : { after }), sent, bytes }),
  };
}

/** @throws UserError when the text is no checkpoint, or one of another run. */
export function readCheckpoint(text: string, run: Checkpoint['run'], file: string): Checkpoint {
  const found = parse(text);
  if (
    found?.version !== 1 ||
    typeof found.run !== 'object' ||
    found.run === null ||
    typeof found.sent !== 'number' ||
    Number.isNaN(Date.parse(found.startedAt))
  ) {
    throw new UserError('is not a checkpoint of s3queue: name another file', { file });
  }
  const names = new Set([...Object.keys(run), ...Object.keys(found.run)]);
  const different = [...names].filter((name) => JSON.stringify(run[name]) !== JSON.stringify(found.run[name]));
  if (different.length === 0) return found;
  const [name = ''] = different;
  const values = `${name} was ${JSON.stringify(found.run[name]) ?? 'not given'}, now ${JSON.stringify(run[name]) ?? 'not given'}`;
  throw new UserError(`is the checkpoint of another run (${values}): repeat that one, or name another file`, { file });
}

function parse(text: string): Checkpoint | undefined {
  try {
    return (JSON.parse(text) as Checkpoint | null) ?? undefined;
  } catch {
    return undefined;
  }
}
