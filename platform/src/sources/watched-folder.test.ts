import assert from 'node:assert/strict';
import { appendFile, chmod, link, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { makeTestSources, until } from '../../test/support/test-sources.ts';
import { createSourceRunner } from './running.ts';

/** A running source over an empty folder; `seen` waits until exactly these bytes were handed over, in any pieces. */
async function start(t: TestContext, config: Record<string, unknown> = {}) {
  const sources = await makeTestSources();
  const folder = join(sources.dir, 'logs');
  await mkdir(folder);
  const row = await sources.add('watched-folder', { path: folder, settleMs: 50, rescanSeconds: 0.2, ...config });
  let runner = createSourceRunner(sources.deps);
  await runner.reload();
  t.after(async () => {
    await runner.stop();
    await sources.close();
  });
  const texts: string[] = [];
  const lines = () => texts.join('').split('\n').filter(Boolean).sort();
  const take = async () => {
    texts.push(...(await sources.texts()));
    return lines();
  };
  return {
    sources,
    folder,
    row,
    texts,
    path: (name: string) => join(folder, name),
    take,
    /** Waits for these lines; then a few scans more must bring no others. */
    seen: async (...expected: string[]) => {
      await until(async () => (await take()).length >= expected.length);
      await new Promise((resolve) => setTimeout(resolve, 700));
      assert.deepEqual(await take(), expected.toSorted());
    },
    health: async () => {
      const { health, health_message } = await sources.row(row.id);
      return `${health} ${health_message}`.trim();
    },
    stop: () => runner.stop(),
    restart: async () => {
      await runner.stop();
      runner = createSourceRunner(sources.deps);
      await runner.reload();
    },
  };
}

describe('source watched-folder', () => {
  it('reads what is there, what comes, and what grows, once', async (t) => {
    const { path, seen, health } = await start(t);
    await writeFile(path('old.log'), 'old 1\nold 2\n');
    await mkdir(path('deep/er'), { recursive: true });
    await writeFile(path('deep/er/new.log'), 'deep\n');
    await seen('old 1', 'old 2', 'deep');
    await appendFile(path('old.log'), 'old 3\n');
    await seen('old 1', 'old 2', 'deep', 'old 3');
    assert.equal(await health(), 'healthy');
  });

  it('hands over whole lines; what has no end once the file is at rest', async (t) => {
    const { path, texts, take, seen } = await start(t, { settleMs: 2_000 });
    await writeFile(path('a.log'), 'one\ntwo\nthr');
    await until(async () => (await take()).length === 2);
    assert.deepEqual(texts, ['one\ntwo\n']);
    await appendFile(path('a.log'), 'ee\nfour');
    await seen('one', 'two', 'three', 'four');
    assert.equal(texts.at(-1), 'four');
  });

  it('reads compressed files as a whole', async (t) => {
    const { path, sources } = await start(t);
    const files = {
      'a.gz': gzipSync('gzip\n'),
      'b.zst': zstdCompressSync('zstd\n'),
      'c.json': Buffer.from('[\n {"a":1}\n]'),
    };
    for (const [name, bytes] of Object.entries(files)) {
      await writeFile(path(name), bytes.subarray(0, 7));
      await appendFile(path(name), bytes.subarray(7));
    }
    const units = await until(async () => {
      const rows = await sources.deps.state.db.selectFrom('folder_files').select('path').execute();
      return rows.length === 3 && sources.units();
    });
    const read = await Promise.all(units.map(async (unit) => [unit.key, await sources.read(unit)] as const));
    assert.deepEqual(Object.fromEntries(read), files);
  });

  it('needs 6 and 28: goes on after a restart where it was, also with what happened meanwhile', async (t) => {
    const { path, seen, stop, restart } = await start(t);
    await writeFile(path('a.log'), 'a1\n');
    await writeFile(path('b.log'), 'b1\n');
    await seen('a1', 'b1');
    await stop();
    await appendFile(path('a.log'), 'a2\n');
    await rename(path('b.log'), path('b.log.1'));
    await writeFile(path('b.log'), 'b2\n');
    await restart();
    await seen('a1', 'b1', 'a2', 'b2');
  });

  it('follows log rotation: by renaming, with compression, by copying and truncating', async (t) => {
    const { path, seen, take } = await start(t);
    const long = Array.from({ length: 50 }, (_, index) => `line ${index} of the first day`);
    await writeFile(path('app.log'), `${long.join('\n')}\n`);
    await until(async () => (await take()).length === 50);
    await rename(path('app.log'), path('app.log.1'));
    await writeFile(path('app.log'), 'second day\n');
    await seen(...long, 'second day');
    await writeFile(path('app.log.1.gz'), gzipSync(`${long.join('\n')}\n`));
    await rm(path('app.log.1'));
    await seen(...long, 'second day');
    await truncate(path('app.log'), 0);
    await appendFile(path('app.log'), 'third day\n');
    await seen(...long, 'second day', 'third day');
  });

  it('reads equal content again when a file starts over', async (t) => {
    const { path, seen, sources } = await start(t);
    await writeFile(path('a.log'), 'same\n');
    await seen('same');
    await truncate(path('a.log'), 0);
    await until(async () => {
      const row = await sources.deps.state.db.selectFrom('folder_files').select('done_bytes').executeTakeFirst();
      return row?.done_bytes === 0;
    });
    await appendFile(path('a.log'), 'same\n');
    await seen('same', 'same');
  });

  it('takes a file that was renamed between its hand-over and its processing', async (t) => {
    const { path, sources } = await start(t);
    await writeFile(path('a.log'), 'before\n');
    const [unit] = await until(async () => {
      const units = await sources.units();
      return units.length > 0 && units;
    });
    assert.ok(unit);
    await rename(path('a.log'), path('a.log.1'));
    await writeFile(path('a.log'), 'another\n');
    assert.equal((await sources.read(unit)).toString(), 'before\n');
    await rm(path('a.log.1'));
    await assert.rejects(sources.read(unit), /gone/);
  });

  it('reads a file with several names once', async (t) => {
    const { path, seen, sources } = await start(t);
    await writeFile(path('tmp-file.tmp'), 'linked\n');
    await link(path('tmp-file.tmp'), path('a.log'));
    await link(path('tmp-file.tmp'), path('b.log'));
    await seen('linked');
    assert.equal((await sources.deps.state.db.selectFrom('folder_files').selectAll().execute()).length, 1);
  });

  it('includes and excludes by name and path', async (t) => {
    const config = { include: ['*.log', 'raw/**'], exclude: ['*-debug.log', 'raw/skip/**'] };
    const { path, seen } = await start(t, config);
    await mkdir(path('raw/skip'), { recursive: true });
    for (const name of ['a.log', 'a.txt', 'a-debug.log', 'raw/b.txt', 'raw/skip/c.txt'])
      await writeFile(path(name), `${name}\n`);
    await seen('a.log', 'raw/b.txt');
  });

  it('stays out of inner folders when told', async (t) => {
    const { path, seen } = await start(t, { recursive: false });
    await mkdir(path('inner'));
    await writeFile(path('inner/a.log'), 'inner\n');
    await writeFile(path('a.log'), 'outer\n');
    await seen('outer');
  });

  it('need 4: says which file it may not read, does not try in a loop, and reads it when it may', async (t) => {
    const asRoot = process.getuid?.() === 0;
    if (asRoot) process.seteuid?.(65_534);
    t.after(() => asRoot && process.seteuid?.(0));
    const { path, seen, health } = await start(t);
    await writeFile(path('secret.log'), 'secret\n', { mode: 0o000 });
    await writeFile(path('open.log'), 'open\n');
    await until(async () => (await health()).includes('secret.log'));
    assert.match(
      await health(),
      /^unhealthy .*\/secret\.log cannot be read: give the user that runs Panther the right/,
    );
    await seen('open');
    await chmod(path('secret.log'), 0o600);
    await seen('open', 'secret');
    await until(async () => (await health()) === 'healthy');
  });

  it('says that the folder does not exist, and reads it when it does', async (t) => {
    const { folder, path, seen, health } = await start(t);
    await rm(folder, { recursive: true });
    await until(
      async () => (await health()) === `unhealthy ${folder} does not exist: create the folder, or correct the path`,
    );
    await mkdir(folder);
    await writeFile(path('a.log'), 'back\n');
    await seen('back');
    await until(async () => (await health()) === 'healthy');
  });

  it('need 1: hands nothing over while processing is behind', async (t) => {
    const { path, sources, take, seen } = await start(t);
    sources.pressure = { kind: 'busy', message: 'behind', retryAfterSeconds: 1 };
    await writeFile(path('a.log'), 'waits\n');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(await take(), []);
    sources.pressure = undefined;
    await seen('waits');
  });

  it('hands over every file of many', async (t) => {
    const { path, take } = await start(t);
    const names = Array.from({ length: 1_000 }, (_, index) => `${index % 30}/${index}.log`);
    for (let index = 0; index < 30; index++) await mkdir(path(String(index)));
    for (const name of names) await writeFile(path(name), `${name}\n`);
    await until(async () => (await take()).length >= names.length);
    assert.deepEqual(await take(), names.toSorted());
  });

  it('cuts a large file into pieces at line feeds', async (t) => {
    const { path, sources } = await start(t);
    const line = `${'x'.repeat(1_000_000)}\n`;
    await writeFile(path('large.log'), line.repeat(150));
    const units = await until(async () => {
      const row = await sources.deps.state.db.selectFrom('folder_files').select('done_bytes').executeTakeFirst();
      return row?.done_bytes === line.length * 150 && sources.units();
    });
    const ranges = units.map(({ range }) => range ?? { start: 0, end: 0 }).sort((a, b) => a.start - b.start);
    assert.ok(ranges.length >= 3, `${ranges.length} pieces`);
    assert.ok(ranges.every(({ start, end }) => (end - start) % line.length === 0));
    assert.ok(ranges.every(({ start }, index) => start === (ranges[index - 1]?.end ?? 0)));
  });
});
