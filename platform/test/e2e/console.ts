/** Walks through the console in a real browser, as a new user would. The last line is `N passed, N failed`. */
import { findChromium } from '../../../web/e2e/browser.ts';
import { walkConsole } from '../../../web/e2e/walk.ts';
import { startPanther, temporaryFolder } from '../support/panther.ts';

const chromium = findChromium(process.env.CHROMIUM);
if (chromium === undefined) {
  console.log('no Chromium on this machine: the console is not walked through\n\n0 passed, 0 failed, 1 skipped');
} else {
  const panther = await startPanther({ dataDir: temporaryFolder('console') });
  try {
    const setupLink = `${panther.url}/setup?token=${panther.setupToken}`;
    const { passed, failed } = await walkConsole({ baseUrl: panther.url, setupLink, chromium, log: console.log });
    console.log(`\n${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  } finally {
    await panther.stop();
  }
}
