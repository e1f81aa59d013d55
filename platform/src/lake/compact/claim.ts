/**
 * Who works on a partition, and on what: an object beside its files, `_panther-compact-00001.json`, which readers of the
 * lake leave out. Only one process can make it. When that process has died another one makes the next number, which
 * again only one can, and takes over what was begun.
 */

import { text } from 'node:stream/consumers';
import { setInterval } from 'node:timers';
import { ExternalError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import type { Place } from './place.ts';

/** Files that take the place of others. */
export interface Replacement {
  /** `writing`: the old files count. `committed`: the new ones are all there, and the old ones are to go. */
  readonly state: 'writing' | 'committed';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The old ones are put aside instead of deleted. */
  readonly keepsInputs: boolean;
}

export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** Random. */
  readonly id: string;
}

export interface ClaimDeps {
  readonly place: Place;
  readonly owner: Owner;
  readonly clock: Clock;
  /** True when the process is known to have ended. */
  isDead(owner: Owner): boolean;
  /** A claim that was not renewed for so long is taken over. */
  readonly leaseMs: number;
}

export interface Claim {
  /** What a dead process had begun, or this one. */
  readonly replacement: Replacement | undefined;
  /** Durable when it resolves. @throws ClaimLost when somebody has taken over; then nothing was written. */
  set(replacement: Replacement | undefined): Promise<void>;
  release(): Promise<void>;
}

const NAME = /\/_panther-compact-(\d{5})\.json$/;
const RENEWALS = 4;

export function isClaim(key: string): boolean {
  return NAME.test(key);
}

interface Content {
  readonly version: 1;
  readonly owner: Owner;
  readonly replacement?: Replacement;
}

/** Undefined when another process works on the partition. */
export async function claimPartition(deps: ClaimDeps, prefix: string): Promise<Claim | undefined> {
  const { place, owner } = deps;
  const { objects, bucket } = place;
  const earlier = await listClaims(place, prefix);
  const last = earlier.at(-1);
  const found = last && (await readContent(place, last.key));
  if (last !== undefined && found !== undefined && !isOver(deps, last, found)) return undefined;
  // Gone between the two looks: its process has just ended its work.
  if (last !== undefined && found === undefined && (await objects.head(bucket, last.key)) === undefined)
    return undefined;
  const number = last === undefined ? 1 : numberOf(last.key) + 1;
  const key = `${prefix}_panther-compact-${String(number).padStart(5, '0')}.json`;
  let replacement = found?.replacement;
  const body = () => Buffer.from(`${JSON.stringify({ version: 1, owner, replacement } satisfies WithOptional)}\n`);
  if ((await objects.put(bucket, key, body(), { ifAbsent: true })) === undefined) return undefined;
  for (const { key: old } of earlier) await objects.delete(bucket, old);

  let writing: Promise<unknown> = Promise.resolve();
  let renewedAt = performance.now();
  function write(): Promise<void> {
    const next = writing.then(async () => {
      const begun = performance.now();
      if (begun - renewedAt > deps.leaseMs / 2 || (await isTakenOver())) throw new ClaimLost(prefix);
      await objects.put(bucket, key, body());
      renewedAt = begun;
    });
    writing = next.catch(() => {});
    return next;
  }
  async function isTakenOver(): Promise<boolean> {
    return (await listClaims(place, prefix)).at(-1)?.key !== key;
  }
  // A renewal that fails is told by the next write.
  const timer = setInterval(() => void write().catch(() => {}), deps.leaseMs / RENEWALS).unref();

  return {
    get replacement() {
      return replacement;
    },
    async set(next) {
      replacement = next;
      await write();
    },
    async release() {
      clearInterval(timer);
      await writing;
      await objects.delete(bucket, key);
    },
  };
}

type WithOptional = Omit<Content, 'replacement'> & { readonly replacement: Replacement | undefined };

async function listClaims({ objects, bucket }: Place, prefix: string): Promise<readonly ObjectInfo[]> {
  const claims: ObjectInfo[] = [];
  for await (const object of objects.list(bucket, `${prefix}_panther-compact-`)) {
    if (isClaim(object.key)) claims.push(object);
  }
  return claims;
}

function numberOf(key: string): number {
  return Number(NAME.exec(key)?.[1]);
}

async function readContent({ objects, bucket }: Place, key: string): Promise<Content | undefined> {
  const found = await objects.get(bucket, key);
  if (found === undefined) return undefined;
  const body = await text(found.stream);
  try {
    const content = JSON.parse(body) as Content;
    if (content.version === 1) return content;
  } catch (cause) {
    throw new ExternalError(`${key} cannot be read: remove it when no compact runs`, { cause, retryable: false });
  }
  throw new ExternalError(`${key} was written by a newer compact: use that one`, { retryable: false });
}

function isOver({ clock, leaseMs, isDead }: ClaimDeps, { modifiedAt }: ObjectInfo, { owner }: Content): boolean {
  return isDead(owner) || clock.now().getTime() - modifiedAt.getTime() > leaseMs;
}

export class ClaimLost extends ExternalError {
  constructor(prefix: string) {
    super(`another process has taken over ${prefix}: nothing is lost; run it again`, { retryable: true });
  }
}
