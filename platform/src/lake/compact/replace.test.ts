/** Files that change, claims that are lost: nothing may be lost with them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openPlainFolder } from '../../adapters/embedded/plain-folder.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { type ClaimDeps, claimPartition } from './claim.ts';
import { replaceFiles, settle } from './replace.ts';

const PREFIX = 'logs/t/year=2026/month=1/day=2/hour=3/';
const home = mkdtempSync(join(tmpdir(), 'panther-replace-test-'));
const folder = join(home, 'data');
const within = join(folder, PREFIX);
after(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(within, { recursive: true });
  for (const name of ['a.json', 'b.json']) writeFileSync(join(within, name), name);
  writeFileSync(join(home, 'new'), 'new');
});

const objects = openPlainFolder(folder, join(home, 'scratch'));
const place = { objects, bucket: '', prefix: '' };
const output = { key: `${PREFIX}new.parquet`, path: join(home, 'new') };

function deps(pid: number, more: Partial<ClaimDeps> = {}): ClaimDeps {
  const owner = { host: 'h', pid, id: String(pid) };
  return { place, owner, clock: { now: () => new Date() }, isDead: () => false, leaseMs: 60_000, ...more };
}

function inputs(): Promise<ObjectInfo[]> {
  return Array.fromAsync(objects.list('', `${PREFIX}a`)).then(async (a) => [
    ...a,
    ...(await Array.fromAsync(objects.list('', `${PREFIX}b`))),
  ]);
}

async function claimed(pid: number, more: Partial<ClaimDeps> = {}) {
  const claim = await claimPartition(deps(pid, more), PREFIX);
  assert.ok(claim);
  return claim;
}

test('new files take the place of old ones', async () => {
  const claim = await claimed(1);
  await replaceFiles(place, claim, { prefix: PREFIX, inputs: await inputs(), outputs: [output], keepsInputs: false });
  await claim.release();
  assert.deepEqual(readdirSync(within), ['new.parquet']);
});

test('a file that changes meanwhile stays, with all others', async () => {
  const claim = await claimed(1);
  const before = await inputs();
  writeFileSync(join(within, 'b.json'), 'more');
  const replaced = replaceFiles(place, claim, {
    prefix: PREFIX,
    inputs: before,
    outputs: [output],
    keepsInputs: false,
  });
  await assert.rejects(replaced, /b\.json was changed while it was read/);
  await claim.release();
  assert.deepEqual(readdirSync(within), ['a.json', 'b.json']);
});

test('only one has a partition; whose time is over loses it and changes nothing any more', async () => {
  const first = await claimed(1);
  assert.equal(await claimPartition(deps(2), PREFIX), undefined);
  const long = new Date(Date.now() - 120_000);
  const [name = ''] = readdirSync(within).filter((each) => each.startsWith('_'));
  utimesSync(join(within, name), long, long);
  const second = await claimed(2);
  const late = replaceFiles(place, first, {
    prefix: PREFIX,
    inputs: await inputs(),
    outputs: [output],
    keepsInputs: false,
  });
  await assert.rejects(late, /another process has taken over/);
  await first.release();
  assert.equal(await claimPartition(deps(3), PREFIX), undefined);
  await second.release();
  assert.deepEqual(readdirSync(within), ['a.json', 'b.json']);
});

test('who is slow leaves nothing behind when somebody has taken over', async () => {
  const first = await claimed(1);
  const slow = {
    ...place,
    objects: {
      ...objects,
      async putFile(...args: Parameters<typeof objects.putFile>) {
        const second = await claimed(2, { isDead: () => true });
        await settle(place, second);
        await second.release();
        return objects.putFile(...args);
      },
    },
  };
  const [name = ''] = readdirSync(within).filter((each) => each.startsWith('_'));
  const late = replaceFiles(slow, first, {
    prefix: PREFIX,
    inputs: await inputs(),
    outputs: [output],
    keepsInputs: false,
  });
  await assert.rejects(late, /another process has taken over/);
  assert.ok(!readdirSync(within).includes(name));
  assert.deepEqual(readdirSync(within), ['a.json', 'b.json']);
});

test('of many who want it at once, one gets it', async () => {
  const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => claimPartition(deps(index), PREFIX)));
  const won = claims.filter((claim) => claim !== undefined);
  assert.equal(won.length, 1);
  await won[0]?.release();
  assert.deepEqual(readdirSync(within), ['a.json', 'b.json']);
});

test('what a dead process had begun is settled by who takes over', async () => {
  for (const state of ['writing', 'committed'] as const) {
    for (const keepsInputs of [false, true]) {
      for (const name of ['a.json', 'b.json', 'new.parquet']) writeFileSync(join(within, name), name);
      const dead = await claimed(1);
      await dead.set({ state, inputs: (await inputs()).map(({ key }) => key), outputs: [output.key], keepsInputs });
      const claim = await claimed(2, { isDead: ({ pid }) => pid === 1 });
      await settle(place, claim);
      await claim.release();
      assert.deepEqual(readdirSync(within), state === 'writing' ? ['a.json', 'b.json'] : ['new.parquet']);
      const aside = join(folder, '_compact/originals', PREFIX, 'a.json');
      if (state === 'committed' && keepsInputs) assert.equal(readFileSync(aside, 'utf8'), 'a.json');
    }
  }
});

test('a claim that cannot be read is not passed over', async () => {
  writeFileSync(join(within, '_panther-compact-00001.json'), '{');
  await assert.rejects(claimPartition(deps(1), PREFIX), /cannot be read/);
  writeFileSync(join(within, '_panther-compact-00001.json'), '{"version": 2}');
  await assert.rejects(claimPartition(deps(1), PREFIX), /newer compact/);
});
