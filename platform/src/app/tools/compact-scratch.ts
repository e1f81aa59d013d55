/** Scratch folders of compact, which a killed run leaves behind and the next one removes; and who a run is. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { Owner } from '../../lake/compact/claim.ts';

export interface Scratch {
  readonly path: string;
  close(): Promise<void>;
}

/** Of a run on another machine, which may live as long. */
const ABANDONED_MS = 7 * 86_400_000;
const NAME = /^scratch-([0-9a-f]{12})-(\d+)-[0-9a-f]{8}$/;

/** A folder in `parent` for this process alone. */
export async function openScratch(parent: string): Promise<Scratch> {
  if (/[*?[\]{}]/.test(parent)) {
    throw new UserError(`${parent}: the engine takes its name for a pattern; name another folder with --tmp`);
  }
  await removeAbandoned(parent);
  const { host, pid } = ownOwner();
  const path = join(parent, `scratch-${host}-${pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(path, { recursive: true });
  return {
    path,
    async close() {
      await rm(path, { recursive: true, force: true });
      // When nothing else is in it.
      await rmdir(parent).catch(() => {});
    },
  };
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [, host, pid] = NAME.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(parent, name);
    const isAbandoned =
      isDeadOwner({ host, pid: Number(pid), id: '' }) ||
      Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) > ABANDONED_MS;
    if (isAbandoned) await rm(path, { recursive: true, force: true });
  }
}

let owner: Owner | undefined;

export function ownOwner(): Owner {
  owner ??= { host: machine(), pid: process.pid, id: randomBytes(8).toString('hex') };
  return owner;
}

/** Ended for certain; false when that cannot be known from here. */
export function isDeadOwner({ host, pid }: Pick<Owner, 'host' | 'pid'> & Partial<Owner>): boolean {
  if (host !== ownOwner().host) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Where numbers of processes mean the same: a machine since its start, and a container in it. */
function machine(): string {
  const parts = [hostname()];
  try {
    parts.push(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), readlinkSync('/proc/self/ns/pid'));
  } catch {
    // Other systems than Linux have neither.
  }
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}
