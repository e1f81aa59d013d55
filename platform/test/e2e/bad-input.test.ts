/** Damaged, hostile and huge input, and a disk that fills up, against a whole Panther: nothing stops it, nothing is lost. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  globSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { KeptRecord, Source } from '../../src/api/contract/sources.ts';
import { type Client, eventually, type Panther, setUp, startPanther, temporaryFolder } from '../support/panther.ts';
import { seededRandom, trailRecord } from '../support/traffic.ts';
import { addSource, assertBalance, received, select, writeConfig } from '../support/user.ts';

const random = seededRandom(13);

function lines(from: number, to: number, more: object = {}): string {
  const ids = Array.from({ length: to - from }, (_, index) => `e${from + index}`);
  return ids.map((id) => `${JSON.stringify({ ...trailRecord(random, id), ...more })}\n`).join('');
}

describe('bad input', () => {
  const home = temporaryFolder('bad');
  let panther: Panther;
  let client: Client;

  before(async () => {
    panther = await startPanther({ dataDir: join(home, 'data'), args: ['--config', writeConfig(home, undefined)] });
    client = await setUp(panther);
  });

  after(async () => {
    await assertBalance(client);
    assert.equal(await panther.stop(), 0);
    rmSync(home, { recursive: true });
  });

  /** Counts and kept records of a file that is the only one of a new source. */
  async function take(
    name: string,
    least: number,
    write: (path: string) => void,
  ): Promise<{
    readonly counts: Source['counts'];
    readonly kept: readonly KeptRecord[];
    readonly rejected: readonly KeptRecord[];
  }> {
    const path = join(home, name);
    mkdirSync(path);
    write(join(path, `${name}.json`));
    const config = { path, settleMs: 50 };
    const source = await addSource(client, { name, type: 'watched-folder', logTypes: ['AWS.CloudTrail'], config });
    const counts = await received(client, source.id, least);
    assert.ok(counts.balanced);
    const params = { id: source.id };
    const { items } = await client.call('GET /sources/:id/kept', { params, query: { limit: '200' } });
    const rejected = await client.call('GET /sources/:id/kept', { params, query: { kind: 'rejected', limit: '200' } });
    return { counts, kept: items, rejected: rejected.items };
  }

  async function storedOf(name: string): Promise<number> {
    const sql = `SELECT count(*) FROM panther_logs.aws_cloudtrail WHERE p_source_label = '${name}'`;
    return Number((await select(client, sql))[0]?.[0]);
  }

  for (const [name, damage, reason] of [
    ['truncated', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), /truncated/],
    ['corrupt', (bytes: Buffer) => bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 500), /corrupt/],
  ] as const) {
    test(`${name} gzip: what comes before the damage is stored, the rest is told`, async () => {
      const { counts, rejected } = await take(name, 1, (path) =>
        writeFileSync(path, damage(gzipSync(lines(0, 2_000)))),
      );
      assert.ok(counts.stored > 500 && counts.stored < 2_000, `${counts.stored} stored`);
      assert.equal(await storedOf(name), counts.stored);
      assert.match(rejected.map((record) => record.reason).join(), reason);
    });
  }

  test('a gzip bomb is stopped, in little memory', async (t) => {
    const member = gzipSync(Buffer.alloc(64 << 20), { level: 9 });
    const bomb = Buffer.concat(Array.from({ length: 40 }, () => member));
    const { counts, kept } = await take('bomb', 1, (path) => writeFileSync(path, bomb));
    assert.match(kept.map((record) => record.reason).join(), /bomb/);
    assert.equal(counts.stored, 0);
    const peakMb = peakMemoryMb(panther);
    if (peakMb === undefined) return;
    t.diagnostic(`${bomb.length} bytes for 2.7 GB; peak memory ${peakMb} MB`);
    assert.ok(peakMb < 1_000, `${peakMb} MB`);
  });

  test('a line of 200 MB is rejected and kept, and the rest goes on', async (t) => {
    const piece = Buffer.alloc(1 << 20, 'x');
    const before = lines(0, 100);
    const { counts, kept } = await take('long', 201, (path) => {
      const file = openSync(path, 'w');
      writeSync(file, before);
      for (let index = 0; index < 200; index += 1) writeSync(file, piece);
      writeSync(file, `\n${lines(100, 200)}`);
      closeSync(file);
    });
    assert.deepEqual([counts.received, counts.stored, counts.rejected], [201, 200, 1]);
    assert.equal(kept[0]?.sizeBytes, 200 << 20);
    const raw = globSync('data/objects/panther-quarantine/**/*.raw', { cwd: home });
    assert.ok(
      raw.some((path) => statSync(join(home, path)).size === 200 << 20),
      raw.join(),
    );
    // The part of the file that begins with it is a unit of its own.
    assert.equal(kept[0]?.byteOffset, before.length);
    const peakMb = peakMemoryMb(panther);
    t.diagnostic(`peak memory ${peakMb} MB`);
    assert.ok((peakMb ?? 0) < 1_000, `${peakMb} MB`);
  });

  test('bytes and values that are no JSON, or no reasonable one, are stored or kept, each of them', async () => {
    const record = (id: string, value: string) =>
      JSON.stringify({ ...trailRecord(random, id), requestParameters: '@' }).replace('"@"', value);
    const hostile: Record<string, string | Buffer> = {
      'invalid-utf8': Buffer.from(record('invalid-utf8', '{"a":"\u00ff\u00fe"}'), 'latin1'),
      nul: record('nul', '{"a":"x\u0000y","b":"\\u0000"}'),
      deep: record('deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      'deep-object': record('deep-object', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
      'huge-number': record('huge-number', `{"a":${'9'.repeat(300)},"b":1e300,"c":9007199254740993}`),
      'infinite-number': record('infinite-number', '{"a":1e400,"b":-1e-400}'),
      'duplicate-keys': record('duplicate-keys', '{"a":1,"a":2,"__proto__":{"x":1}}').replace(
        '{',
        '{"eventID":"first",',
      ),
      'lone-surrogate': record('lone-surrogate', '{"a":"\\ud800"}'),
      'not-json': 'Jan  2 03:04:05 host app: hello',
      scalar: '42',
      array: '["a"]',
      open: '{"eventID":"open"',
    };
    const body = Buffer.concat(Object.values(hostile).flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
    const { counts, kept } = await take('hostile', 100, (path) =>
      writeFileSync(path, Buffer.concat([Buffer.from(lines(0, 50)), body, Buffer.from(lines(50, 100))])),
    );
    const stored = await select(
      client,
      "SELECT eventID FROM panther_logs.aws_cloudtrail WHERE p_source_label = 'hostile'",
    );
    assert.equal(stored.length, counts.stored);
    assert.equal(counts.received, 100 + Object.keys(hostile).length);
    assert.equal(kept.length, counts.quarantined + counts.rejected);
    const ids = new Set(stored.flat());
    for (let index = 0; index < 100; index += 1) assert.ok(ids.has(`e${index}`), `e${index} is stored`);
    for (const id of ['huge-number', 'duplicate-keys', 'lone-surrogate'])
      assert.ok(ids.has(id), `${id} is stored: ${JSON.stringify(kept)}`);
    for (const text of ['hello', '42', '["a"]', '"open"'])
      assert.ok(
        kept.some(({ sample }) => sample.includes(text)),
        `${text} is kept`,
      );
    const number = await select(
      client,
      "SELECT CAST(requestParameters AS VARCHAR) FROM panther_logs.aws_cloudtrail WHERE eventID = 'huge-number'",
    );
    assert.match(String(number[0]?.[0]), /9007199254740993/, 'digits are not lost');
  });

  test('an empty file is no record and no problem', async () => {
    const path = join(home, 'empty');
    mkdirSync(path);
    writeFileSync(join(path, 'a-empty.json'), '');
    writeFileSync(join(path, 'b-empty.json.gz'), gzipSync(''));
    writeFileSync(join(path, 'c.json'), lines(0, 1));
    const source = {
      name: 'empty',
      type: 'watched-folder',
      logTypes: ['AWS.CloudTrail'],
      config: { path, settleMs: 50 },
    };
    const { id } = await addSource(client, source);
    const counts = await received(client, id, 1);
    assert.deepEqual([counts.received, counts.stored], [1, 1]);
    assert.equal((await client.call('GET /sources/:id', { params: { id } })).health.status, 'healthy');
  });
});

/** The most memory it ever had; undefined where the system does not say. */
function peakMemoryMb({ process: { pid } }: Panther): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1_000);
}

describe('a disk that fills up', () => {
  for (const [name, minFreeDiskMb, leaveBytes] of [
    ['before it is full', 20, 10_000_000],
    ['when nothing can be written any more', 0, 0],
  ] as const) {
    test(`${name}: a clear error, nothing lost, and it goes on when there is room again`, async (t) => {
      const home = temporaryFolder('disk');
      const root = join(home, 'data');
      if (!mountSmallDisk(root)) return t.skip('needs the right to mount a file system');
      let panther: Panther | undefined;
      try {
        const args = ['--config', writeConfig(home, undefined, { minFreeDiskMb })];
        panther = await startPanther({ dataDir: root, args });
        await fillAndFree(panther, home, root, leaveBytes);
        assert.equal(await panther.stop(), 0);
      } finally {
        if (panther?.process.exitCode === null) await panther.kill();
        execFileSync('umount', [root]);
        rmSync(home, { recursive: true });
      }
    });
  }
});

function mountSmallDisk(root: string): boolean {
  mkdirSync(root);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', root], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function fillAndFree(panther: Panther, home: string, root: string, leaveBytes: number): Promise<void> {
  const client = await setUp(panther);
  const logs = join(home, 'logs');
  mkdirSync(logs);
  const http = { name: 'Push', type: 'http', logTypes: ['AWS.CloudTrail'], config: {} };
  const push = await addSource(client, http);
  const config = { path: logs, settleMs: 50, rescanSeconds: 0.5 };
  const folder = await addSource(client, { ...http, name: 'Folder', type: 'watched-folder', config });
  const headers = { authorization: `Bearer ${push.token}` };
  const accepted: string[] = [];
  const send = async (id: string): Promise<Response> => {
    const body = lines(0, 1, { eventID: id, requestParameters: { pad: 'x'.repeat(20_000) } });
    const answer = await fetch(`${panther.url}/api/v1/ingest/Push`, { method: 'POST', body, headers });
    if (answer.status === 200) accepted.push(id);
    return answer;
  };
  assert.equal((await send('before')).status, 200);
  await received(client, push.id, 1);
  const ballast = join(root, 'ballast');
  fill(ballast, root, leaveBytes);
  const refused = await eventually('intake refuses', async () => {
    const answer = await send(`full-${accepted.length}`);
    return answer.status !== 200 && answer;
  });
  const text = await refused.text();
  assert.equal(refused.status, 503, text);
  assert.match(text, /disk is full/);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  writeFileSync(join(logs, 'waiting.json.gz'), gzipSync(lines(0, 3_000)));
  await eventually('the log says so', async () => /disk (of .*|is )full|free at least|is full/i.test(panther.stderr()));
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  assert.equal(panther.process.exitCode, null, panther.stderr());
  assert.equal((await fetch(`${panther.url}/api/v1/health`)).status < 600, true);
  rmSync(ballast);
  await eventually('intake goes on', async () => (await send('after')).status === 200);
  await received(client, folder.id, 3_000);
  const counts = await received(client, push.id, accepted.length);
  assert.deepEqual([counts.received, counts.stored], [accepted.length, accepted.length]);
  const stored = await select(client, "SELECT eventID FROM panther_logs.aws_cloudtrail WHERE p_source_label = 'Push'");
  assert.deepEqual(stored.flat().sort(), accepted.toSorted());
  await eventually('the folder is healthy', async () => {
    const { health } = await client.call('GET /sources/:id', { params: { id: folder.id } });
    return health.status === 'healthy';
  });
  await assertBalance(client);
}

/** Leaves about so many bytes free. */
function fill(path: string, root: string, leaveBytes: number): void {
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(64 * 1024);
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(root);
      if (bavail * bsize <= leaveBytes) return;
      writeSync(file, chunk);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}
