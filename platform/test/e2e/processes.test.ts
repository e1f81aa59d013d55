/** Two processes on one data folder, each with parts of Panther: what is changed through one takes effect in the other. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, setUp, startPanther, temporaryFolder } from '../support/panther.ts';
import { nginxLine, seededRandom } from '../support/traffic.ts';

const RULE = 'Web.PathProbing';

test('sources and detections that are changed through one process are taken up by the other', async (t) => {
  const home = temporaryFolder('processes');
  const logs = join(home, 'logs');
  mkdirSync(logs);
  const configFile = join(home, 'panther.yml');
  writeFileSync(configFile, JSON.stringify({ heartbeatMinutes: 0, minFreeDiskMb: 0 }));
  const start = (roles: string) =>
    startPanther({ dataDir: join(home, 'data'), args: ['--config', configFile, '--only', roles] });
  const front = await start('api,maintenance');
  const back = await start('sources,log-processor,alert-delivery');
  t.after(async () => {
    await back.kill();
    await front.kill();
    rmSync(home, { recursive: true, force: true });
  });
  const client = await setUp(front);
  const config = { path: logs, settleMs: 100, rescanSeconds: 1 };
  const body = { name: 'Web', type: 'watched-folder', logTypes: ['Nginx.Access'], config };
  await client.call('POST /sources', { body });

  const probes = (file: string) => {
    const lines = Array.from({ length: 12 }, () => nginxLine(seededRandom(1), `/.env?${file}`));
    writeFileSync(join(logs, file), `${lines.join('\n')}\n`);
  };
  const matches = async () => {
    const { items } = await client.call('GET /alerts', { query: { ruleId: RULE } });
    return items.reduce((sum, alert) => sum + alert.eventCount, 0);
  };
  const stored = async () => (await client.call('GET /sources')).items[0]?.counts.stored ?? 0;
  probes('first.log');
  await eventually('the other process reads the new source', async () => (await stored()) === 12);
  await eventually('its rules see the events', async () => (await matches()) === 12);

  await client.call('PATCH /detections/:id', { params: { id: RULE }, body: { enabled: false } });
  let files = 1;
  const isQuiet = async () => {
    const before = await matches();
    files += 1;
    probes(`more-${files}.log`);
    await eventually('the events are stored', async () => (await stored()) === files * 12);
    return (await matches()) === before;
  };
  await eventually('the other process runs the rule no more', isQuiet);
});
