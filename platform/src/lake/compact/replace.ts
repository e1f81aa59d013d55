/**
 * New files take the place of old ones where no catalog says which count. Three steps, each durable before the next:
 * the plan is in the claim; the new files are under their names and the plan is committed; the old files go. Killed
 * before the commit, the next run removes the new files, killed after it, the old ones.
 *
 * Between the first new file and the last old one a reader sees rows twice, with the same `p_row_id`; it never misses
 * one.
 */
import { ExternalError } from '../../core/errors.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { type Claim, ClaimLost, type Replacement } from './claim.ts';
import { asideKey, type Place } from './place.ts';

export interface NewFile {
  readonly key: string;
  /** Local; gone afterwards. */
  readonly path: string;
}

export interface ReplaceOptions {
  readonly prefix: string;
  readonly inputs: readonly ObjectInfo[];
  readonly outputs: readonly NewFile[];
  readonly keepsInputs: boolean;
}

/** Deletes and copies that are under way at a time. */
const AT_ONCE = 16;

/** @throws ExternalError when one of the old files was changed since it was listed; then all is as it was. */
export async function replaceFiles(place: Place, claim: Claim, options: ReplaceOptions): Promise<void> {
  const { prefix, inputs, outputs, keepsInputs } = options;
  const replacement: Replacement = {
    state: 'writing',
    inputs: inputs.map(({ key }) => key),
    outputs: outputs.map(({ key }) => key),
    keepsInputs,
  };
  await claim.set(replacement);
  for (const { key, path } of outputs) await place.objects.putFile(place.bucket, key, path);
  const changed = await findChanged(place, prefix, inputs);
  if (changed !== undefined) {
    await settle(place, claim);
    throw new ExternalError(`${changed} was changed while it was read`, { retryable: true });
  }
  try {
    await claim.set({ ...replacement, state: 'committed' });
  } catch (error) {
    // Whoever has taken over has looked for them before they came.
    if (error instanceof ClaimLost) await deleteAll(place, replacement.outputs);
    throw error;
  }
  await settle(place, claim);
}

/** Ends what is begun, in the direction that its state says. */
export async function settle(place: Place, claim: Claim): Promise<void> {
  const { replacement } = claim;
  if (replacement === undefined) return;
  const { state, inputs, outputs, keepsInputs } = replacement;
  if (state === 'writing') await deleteAll(place, outputs);
  else {
    if (keepsInputs) await forEach(inputs, (key) => putAside(place, key));
    await deleteAll(place, inputs);
  }
  await claim.set(undefined);
}

async function findChanged(
  { objects, bucket }: Place,
  prefix: string,
  inputs: readonly ObjectInfo[],
): Promise<string | undefined> {
  const versions = new Map<string, string>();
  for await (const { key, version } of objects.list(bucket, prefix)) versions.set(key, version);
  return inputs.find(({ key, version }) => versions.get(key) !== version)?.key;
}

async function putAside(place: Place, key: string): Promise<void> {
  const { objects, bucket } = place;
  const found = await objects.get(bucket, key);
  // Gone: an earlier attempt was killed behind it.
  if (found !== undefined) await objects.put(bucket, asideKey(place, 'originals', key), found.stream);
}

function deleteAll({ objects, bucket }: Place, keys: readonly string[]): Promise<void> {
  return forEach(keys, (key) => objects.delete(bucket, key));
}

async function forEach(keys: readonly string[], run: (key: string) => Promise<void>): Promise<void> {
  const left = keys.values();
  const some = async () => {
    for (const key of left) await run(key);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}
