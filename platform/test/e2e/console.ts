/** Walks through the console in a real browser, as a new user would. The last line is `N passed, N failed`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startPanther, temporaryFolder } from '../support/panther.ts';

const WALK = fileURLToPath(new URL('../../../web/e2e/walk.ts', import.meta.url));
const chromium = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

if (chromium === undefined) {
  console.log('no Chromium on this machine: the console is not walked through\n\n0 passed, 0 failed, 1 skipped');
} else {
  const panther = await startPanther({ dataDir: temporaryFolder('console') });
  try {
    const link = `${panther.url}/setup?token=${panther.setupToken}`;
    const env = { ...process.env, CHROMIUM: chromium, PANTHER_URL: panther.url, PANTHER_SETUP_LINK: link };
    const walk = spawn(process.execPath, [WALK], { stdio: 'inherit', env });
    const [status] = (await once(walk, 'exit')) as [number | null];
    process.exitCode = status ?? 1;
  } finally {
    await panther.stop();
  }
}
