/** An upload is killed at chosen moments: Panther has the old pack or the new one, with its history, never a half. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { temporaryFolder } from '../../../test/support/panther.ts';
import { openSqliteState } from '../../adapters/embedded/sqlite-state.ts';
import { systemClock } from '../embedded.ts';
import { createPacks } from './packs.ts';

const RULES = 60;
const root = temporaryFolder('packs-crash');
const state = openSqliteState(join(root, 'state.db'));
const packs = createPacks(state, systemClock);

/** Installs the pack with a severity, and kills itself at a statement: of a number, or one that begins so. */
const CODE = `
  const { StatementSync } = await import('node:sqlite');
  const { openPacks } = await load('app/detections/open-packs.ts');
  const { toDetection } = await load('detections/detection.ts');
  const [severity, number, text, isAfter] = JSON.parse(process.argv[1]);
  const packs = await openPacks({ root, config: { detections: [] }, env: {} });
  const content = Array.from({ length: ${RULES} }, (_, index) => toDetection({
    AnalysisType: 'rule', RuleID: 'R.' + index, Enabled: true, Severity: severity, Filename: 'r.py', LogTypes: ['T.T'],
  }, 'r.py', 'def rule(event):\\n    return True\\n').detection).filter((_, index) => severity !== 'High' || index > 9);
  const plan = await packs.plan('p', content);
  let count = 0;
  for (const method of ['run', 'all', 'iterate']) {
    const real = StatementSync.prototype[method];
    StatementSync.prototype[method] = function (...values) {
      const isIt = ++count === number || (text !== null && this.sourceSQL.toLowerCase().startsWith(text));
      if (isIt && !isAfter) process.kill(process.pid, 'SIGKILL');
      const result = real.apply(this, values);
      if (isIt) process.kill(process.pid, 'SIGKILL');
      return result;
    };
  }
  await packs.apply(plan, content, { id: 'cli:ann', name: 'ann', note: severity });
  await packs.close();
  process.stdout.write(String(count));
`;

type Moment = readonly [number: number, text: string | null, isAfter: boolean];

async function installAndKill(
  severity: string,
  moment: Moment,
): Promise<{ readonly isKilled: boolean; count: number }> {
  const base = new URL('../../', import.meta.url).href;
  const preamble = `const load = (path) => import(${JSON.stringify(base)} + path);\nconst root = ${JSON.stringify(root)};`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', preamble + CODE];
  const child = spawn(process.execPath, [...args, JSON.stringify([severity, ...moment])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const [, signal] = await once(child, 'close');
  return { isKilled: signal === 'SIGKILL', count: Number(Buffer.concat(output)) };
}

/** Everything of the pack, in a line. Fails where its parts contradict each other. */
async function whatThereIs(): Promise<string> {
  const rows = await state.db.selectFrom('detections').selectAll().where('origin', '=', 'pack:p').execute();
  const severities = new Set(rows.map(({ spec }) => JSON.parse(spec).Severity));
  assert.equal(severities.size, 1, 'a mixture');
  const [newest] = await packs.history('p');
  assert.ok(newest !== undefined);
  assert.deepEqual([newest.detections, newest.note], [rows.length, [...severities][0]]);
  assert.equal((await packs.contentAt('p', newest.revision)).length, rows.length);
  assert.equal((await packs.list())[0]?.revision, newest.revision);
  return `${rows.length} ${newest.note}`;
}

before(() => state.migrate());

test('need 15: an upload that is killed leaves the old pack or the new one', { timeout: 120_000 }, async () => {
  const { count } = await installAndKill('Low', [0, null, false]);
  assert.ok(count > RULES, 'one statement for a detection at least');
  const inTheMiddle = [1, 3, Math.round(count / 2), count - 3].map((number) => [number, null, false] as const);
  for (const moment of [...inTheMiddle, [0, 'commit', false] as const]) {
    assert.equal((await installAndKill('High', moment)).isKilled, true, String(moment));
    assert.equal(await whatThereIs(), `${RULES} Low`, String(moment));
  }
  assert.equal((await installAndKill('High', [0, 'commit', true])).isKilled, true);
  assert.equal(await whatThereIs(), `${RULES - 10} High`);
  assert.equal(
    (await installAndKill('Medium', [0, null, false])).isKilled,
    false,
    'nothing stands in the way of the next',
  );
  assert.equal(await whatThereIs(), `${RULES} Medium`);
});
