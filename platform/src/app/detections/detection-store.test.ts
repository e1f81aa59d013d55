import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import { loadDetections } from '../../detections/load.ts';
import { systemClock } from '../embedded.ts';
import { createLog } from '../log.ts';
import { addCounts, installContent, readDetections } from './detection-store.ts';

const log = createLog({ level: 'error', format: 'json', now: () => new Date(), write() {} });

function writeRule(folder: string, id: string, answer: string): void {
  const spec = `AnalysisType: rule\nRuleID: ${id}\nEnabled: true\nSeverity: Low\nLogTypes: [AWS.CloudTrail]\nFilename: ${id}.py\n`;
  writeFileSync(join(folder, `${id}.yml`), spec);
  writeFileSync(join(folder, `${id}.py`), `def rule(event):\n    return ${answer}\n`);
}

test('content is added, updated and removed; what the user decided stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panther-content-'));
  const state = openSqliteState(join(folder, 'state.db'));
  await state.migrate();
  writeRule(folder, 'One', 'True');
  writeRule(folder, 'Two', 'True');
  const install = () => installContent(state, systemClock, 'folder:x', loadDetections(folder));
  assert.deepEqual(await install(), { added: 2, updated: 0, removed: 0 });
  assert.deepEqual(await install(), { added: 0, updated: 0, removed: 0 });
  await state.db.updateTable('detections').set({ enabled: 0 }).where('id', '=', 'One').execute();
  writeRule(folder, 'One', 'False');
  rmSync(join(folder, 'Two.yml'));
  assert.deepEqual(await install(), { added: 0, updated: 1, removed: 1 });
  const [one, ...others] = await readDetections(state, log);
  assert.deepEqual([one?.id, one?.isEnabled, others.length], ['One', false, 0]);
  assert.match(one?.body ?? '', /False/);
  assert.deepEqual(await installContent(state, systemClock, 'folder:y', loadDetections(folder)), {
    added: 0,
    updated: 0,
    removed: 0,
  });
  await state.close();
});

test('the text of specifications is kept, and follows comments that change', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panther-texts-'));
  const state = openSqliteState(join(folder, 'state.db'));
  await state.migrate();
  writeRule(folder, 'One', 'True');
  const text = readFileSync(join(folder, 'One.yml'), 'utf8');
  const install = () => installContent(state, systemClock, 'folder:x', loadDetections(folder));
  await install();
  writeFileSync(join(folder, 'One.yml'), `# explained\n${text}`);
  assert.deepEqual(await install(), { added: 0, updated: 0, removed: 0 });
  for (const table of ['detections', 'detection_versions'] as const) {
    const row = await state.db.selectFrom(table).select('spec_text').executeTakeFirst();
    assert.equal(row?.spec_text, `# explained\n${text}`);
  }
  await state.close();
});

test('counts of a day add up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'panther-counts-'));
  const state = openSqliteState(join(folder, 'state.db'));
  await state.migrate();
  const counts = new Map([['One', { events: 5, candidates: 3, matches: 2, errors: 1, micros: 40 }]]);
  await addCounts(state, new Date('2026-01-02T03:04:05Z'), counts);
  await addCounts(state, new Date('2026-01-02T13:04:05Z'), counts);
  const row = await state.db.selectFrom('detection_stats').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual(
    { ...row },
    { detection_id: 'One', day: '2026-01-02', events: 10, candidates: 6, matches: 4, errors: 2, micros: 80 },
  );
  await state.close();
});
