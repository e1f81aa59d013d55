import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import { type Detection, toDetection } from '../../detections/detection.ts';
import { applyOverrides, type Overrides } from '../../detections/packs/overrides.ts';
import { StalePlan } from '../../detections/packs/plan.ts';
import { setOverrides, switchDetections } from '../../detections/packs/stored.ts';
import type { State } from '../../ports/state/state.ts';
import { createLog } from '../log.ts';
import { readDetections } from './detection-store.ts';
import { createPacks, type Packs } from './packs.ts';

const log = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });
const ANN = { id: 'u1', name: 'Ann', note: '' };
const BODY = 'def rule(event):\n    return True\n';

let folder: string;
let state: State;
let packs: Packs;
let now = Date.parse('2026-03-01T12:00:00Z');
const clock = {
  now() {
    now += 1000;
    return new Date(now);
  },
};

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'panther-packs-'));
  state = openSqliteState(join(folder, 'state.db'));
  await state.migrate();
  packs = createPacks(state, clock);
});
after(async () => {
  await state.close();
  rmSync(folder, { recursive: true, force: true });
});

function rule(id: string, more: Record<string, unknown> = {}, body = BODY): Detection {
  const spec = {
    AnalysisType: 'rule',
    RuleID: id,
    Enabled: true,
    Severity: 'Low',
    Filename: 'r.py',
    LogTypes: ['T.T'],
  };
  const parsed = toDetection({ ...spec, ...more }, 'r.py', body);
  if ('issues' in parsed) throw new Error(parsed.issues[0]?.message);
  return parsed.detection;
}

async function upload(name: string, detections: readonly Detection[]) {
  return packs.apply(await packs.plan(name, detections), detections, ANN);
}

function override(id: string, overrides: Overrides): Promise<void> {
  return state.transaction(async (tx) => {
    const row = await tx.selectFrom('detections').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    await setOverrides(tx, row, overrides, ANN, clock.now().toISOString());
  });
}

async function specsOf(prefix: string): Promise<Record<string, unknown>> {
  const all = await readDetections(state, log);
  return Object.fromEntries(
    all.filter(({ id }) => id.startsWith(prefix)).map(({ id, spec, body }) => [id, { spec, body }]),
  );
}

test('need 15: an override survives any updates; under it the pack goes on', async () => {
  const severity = fc.constantFrom('Low', 'Medium', 'High');
  const content = fc.record({
    Severity: severity,
    Threshold: fc.integer({ min: 1, max: 3 }),
    body: fc.constantFrom(BODY, `${BODY}\n`),
  });
  const overrides = fc.record({ Severity: severity, Runbook: fc.constantFrom('look', 'call') }, { requiredKeys: [] });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      content,
      overrides,
      fc.array(content, { minLength: 1, maxLength: 4 }),
      async (first, own, updates) => {
        const [name, id] = [`p${++run}`, `P${run}.R`];
        const made = ({ body, ...more }: typeof first) => [rule(id, more, body)];
        await upload(name, made(first));
        const effective = Object.fromEntries(
          Object.entries(own).filter(([key, value]) => value !== (first as Record<string, unknown>)[key]),
        );
        await override(id, own);
        for (const update of updates) {
          await upload(name, made(update));
          const [base] = made(update);
          assert.deepEqual(await specsOf(`P${run}.`), {
            [id]: { spec: applyOverrides(base?.spec ?? {}, effective), body: base?.body },
          });
          const again = await packs.plan(name, made(update));
          assert.deepEqual([again.changes, again.unchanged], [[], 1]);
        }
        await override(id, {});
        assert.deepEqual((await specsOf(`P${run}.`))[id], {
          spec: made(updates.at(-1) ?? first)[0]?.spec,
          body: updates.at(-1)?.body,
        });
      },
    ),
    { numRuns: 25 },
  );
});

test('need 15: an update that changes an overridden field says so, and leaves it', async () => {
  await upload('conflict', [rule('C.R')]);
  await override('C.R', { Severity: 'Critical' });
  const plan = await packs.plan('conflict', [rule('C.R', { Severity: 'High' })]);
  assert.deepEqual(
    plan.changes.map(({ fields, conflicts }) => [fields, conflicts]),
    [[['Severity'], [{ field: 'Severity', here: 'Critical', pack: 'High' }]]],
  );
});

test('an update and its roll-back are nothing, with overrides and switches as they are', async () => {
  const ids = ['B.1', 'B.2', 'B.3'];
  const content = fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom('Low', 'High')), { minLength: 1 });
  const toPack = (given: readonly (readonly [string, string])[]) =>
    [...new Map(given).entries()].map(([id, Severity]) => rule(id, { Severity }));
  await upload(
    'back',
    ids.map((id) => rule(id)),
  );
  await override('B.1', { Threshold: 7 });
  await state.transaction((tx) => switchDetections(tx, [{ id: 'B.2', version: '' }], false, ANN, 'now'));
  await fc.assert(
    fc.asyncProperty(content, content, async (one, other) => {
      await upload('back', toPack(one));
      const [before, revision] = [await specsOf('B.'), (await packs.plan('back', [])).revision];
      await upload('back', toPack(other));
      await upload('back', await packs.contentAt('back', revision));
      const kept = new Set(Object.keys(await specsOf('B.')));
      assert.deepEqual([...kept].sort(), Object.keys(before).sort());
      // What an update removes loses its overrides with it.
      const stayed = toPack(other).map(({ id }) => id);
      const after = await specsOf('B.');
      for (const id of stayed.filter((each) => kept.has(each))) assert.deepEqual(after[id], before[id]);
    }),
    { numRuns: 25 },
  );
});

test('who changed what is recorded, with why', async () => {
  const detections = [rule('H.R')];
  await packs.apply(await packs.plan('history', detections), detections, { ...ANN, note: 'first' });
  await override('H.R', { Severity: 'High' });
  await state.transaction((tx) =>
    switchDetections(tx, [{ id: 'H.R', version: 'v' }], false, ANN, clock.now().toISOString()),
  );
  await packs.uninstall('history', ANN);
  const rows = await state.db
    .selectFrom('detection_changes')
    .selectAll()
    .where('detection_id', '=', 'H.R')
    .orderBy('at')
    .execute();
  assert.deepEqual(
    rows.map(({ action, actor_name, details }) => [action, actor_name, JSON.parse(details)]),
    [
      ['added', 'Ann', { fields: [], note: 'first' }],
      ['overridden', 'Ann', { fields: ['Severity'], note: '' }],
      ['disabled', 'Ann', { fields: [], note: '' }],
      ['removed', 'Ann', { fields: [], note: 'uninstalled' }],
    ],
  );
  const [gone] = await packs.history('history');
  assert.deepEqual([gone?.revision, gone?.detections, gone?.removed], [2, 0, ['H.R']]);
});

test('what changed since the plan was looked at is not overwritten', async () => {
  const plan = await packs.plan('stale', [rule('S.R')]);
  await upload('stale', [rule('S.R', { Severity: 'High' })]);
  await assert.rejects(packs.apply(plan, [rule('S.R')], ANN), StalePlan);
});
