/**
 * What the stores do on a disk that is really full: a file system of a few megabytes. Where making one is not allowed,
 * this is skipped.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ExternalError } from '../../core/errors.ts';
import { openFolderObjects } from './folder-objects.ts';
import { openSqliteQueue } from './sqlite-queue.ts';
import { openSqliteState } from './sqlite-state.ts';

const smallDisk = process.env.PANTHER_TEST_SMALL_DISK;
const clock = { now: () => new Date() };
const isFull = (error: unknown) =>
  error instanceof ExternalError &&
  error.retryable &&
  /the disk is full: make room, nothing is lost/.test(error.message);

if (smallDisk === undefined) {
  it('stores on a full disk', { skip: canMount() ? false : 'small file systems cannot be made here' }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'panther-small-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = fileURLToPath(import.meta.url);
    // In a mount name space of its own, so that nothing is left mounted.
    const script = `mount -t tmpfs -o size=8m tmpfs "$0" && exec "$1" --test "$2"`;
    const env = { ...process.env, PANTHER_TEST_SMALL_DISK: folder, NODE_TEST_CONTEXT: undefined };
    execFileSync('unshare', ['-rm', 'sh', '-c', script, folder, process.execPath, file], { env, stdio: 'pipe' });
  });
} else {
  it('objects: says so, shows nothing of the object, and goes on when there is room', async (t) => {
    const objects = openFolderObjects(smallDisk);
    const filler = await fill(t);
    await assert.rejects(objects.put('bucket', 'a', Buffer.alloc(1 << 20)), isFull);
    assert.deepEqual(await Array.fromAsync(objects.list('bucket', '')), []);
    await filler.remove();
    await objects.put('bucket', 'a', Buffer.alloc(1 << 20));
    const found = await objects.get('bucket', 'a');
    assert.equal(found && (await buffer(found.stream)).length, 1 << 20);
    await objects.delete('bucket', 'a');
  });

  it('queue: says so, and has every message that it accepted', async (t) => {
    const queue = await openSqliteQueue({ path: join(smallDisk, 'queue.db'), clock });
    await queue.ensure('q', { visibilityTimeoutMs: 1_000, maxReceiveCount: 3 });
    const filler = await fill(t, 1 << 20);
    let accepted = 0;
    const sendUntilFull = async () => {
      for (;;) {
        await queue.send('q', [{ body: 'x'.repeat(20_000) }]);
        accepted += 1;
      }
    };
    await assert.rejects(sendUntilFull(), isFull);
    assert.ok(accepted > 0);
    await filler.remove();
    assert.equal((await queue.counts('q')).visible, accepted);
    await queue.send('q', [{ body: 'room again' }]);
    await queue.close();
    const again = await openSqliteQueue({ path: join(smallDisk, 'queue.db'), clock });
    assert.equal((await again.counts('q')).visible, accepted + 1);
    await again.close();
  });

  it('state: says so, undoes the whole transaction, and goes on when there is room', async (t) => {
    const state = openSqliteState(join(smallDisk, 'state.db'));
    await state.migrate();
    const filler = await fill(t, 1 << 20);
    const tooMuch = state.transaction(async (tx) => {
      for (let index = 0; index < 100; index++) {
        await tx
          .insertInto('settings')
          .values({ key: String(index), value: 'x'.repeat(100_000) })
          .execute();
      }
    });
    await assert.rejects(tooMuch, isFull);
    assert.deepEqual(await state.db.selectFrom('settings').select('key').execute(), []);
    await filler.remove();
    await state.transaction((tx) => tx.insertInto('settings').values({ key: 'a', value: 'b' }).execute());
    assert.equal((await state.db.selectFrom('settings').select('key').execute()).length, 1);
    await state.close();
  });
}

/** Fills the disk but for some bytes. */
async function fill(t: TestContext, freeBytes = 0) {
  const path = join(smallDisk ?? '', `filler-${Math.random()}`);
  const reserve = `${path}-reserve`;
  await writeFile(reserve, Buffer.alloc(freeBytes));
  for (let size = 1 << 20, part = 0; size >= 4_096; part++) {
    const isWritten = await writeFile(`${path}-${part}`, Buffer.alloc(size)).then(
      () => true,
      () => false,
    );
    if (!isWritten) size /= 4;
  }
  await rm(reserve);
  const remove = async () => {
    execFileSync('sh', ['-c', 'rm -f "$0"-*', path]);
  };
  t.after(remove);
  return { remove };
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
