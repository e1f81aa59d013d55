/**
 * Walks through every page of a running Panther in a real browser, in both themes and at the width of a telephone:
 *
 *   PANTHER_URL=http://127.0.0.1:8765 PANTHER_SETUP_LINK=http://…/setup?token=… node web/e2e/walk.ts
 *
 * Without a set-up link it signs in with PANTHER_EMAIL and PANTHER_PASSWORD. PANTHER_SHOTS names a folder for pictures.
 * The last line is `N passed, N failed`; the status is 1 when a check failed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { findChromium, launchBrowser } from './browser.ts';
import { accessibilityProblems, sidewaysOverflow, watchErrors } from './checks.ts';
import { enter } from './enter.ts';
import { walkJourney } from './journey.ts';
import { findPages, type Stop } from './stops.ts';

export interface WalkOptions {
  readonly baseUrl: string;
  /** The one-time link of the first start; the walk then creates the first administrator, a source and a destination. */
  readonly setupLink?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly chromium?: string | undefined;
  /** Folder for pictures. */
  readonly shots?: string | undefined;
  readonly log?: (line: string) => void;
}

export interface WalkResult {
  readonly passed: number;
  readonly failed: number;
}

const DESKTOP = { width: 1440, height: 900 };
const TELEPHONE = { width: 360, height: 740 };

/** Looks at every page. Throws when there is no browser or no way in. */
export async function walkConsole(options: WalkOptions): Promise<WalkResult> {
  const executable = findChromium(options.chromium);
  if (executable === undefined)
    throw new Error('There is no Chromium: install it (apt-get install chromium), or set CHROMIUM.');
  const browser = await launchBrowser(executable);
  try {
    return await walk(browser, options);
  } finally {
    await browser.close();
  }
}

async function walk(browser: Browser, options: WalkOptions): Promise<WalkResult> {
  const log = options.log ?? (() => {});
  const context = await browser.newContext({ baseURL: options.baseUrl, viewport: DESKTOP, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors = watchErrors(page);
  const tally = { passed: 0, failed: 0 };
  const check = (name: string, problems: readonly string[]) => {
    tally[problems.length === 0 ? 'passed' : 'failed'] += 1;
    log(`${problems.length === 0 ? 'ok' : 'NOT OK'} ${name}`);
    for (const problem of problems) log(`   ${problem}`);
  };
  await enter(page, options, (name) => lookAt(page, name, options.shots, check));
  if (options.setupLink !== undefined) await walkJourney(page, check);
  for (const stop of await findPages(page)) {
    await visit(page, stop);
    await lookAt(page, stop.name, options.shots, check);
    check(`${stop.name}: nothing complains`, errors.take());
  }
  return tally;
}

type Check = (name: string, problems: readonly string[]) => void;

async function visit(page: Page, stop: Stop): Promise<void> {
  await page.goto(stop.path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'hidden' });
  await stop.act?.(page);
}

async function lookAt(page: Page, name: string, shots: string | undefined, check: Check): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await painted(page);
    check(`${name}, ${theme}: accessible`, await accessibilityProblems(page));
    await picture(page, shots, `${name}-${theme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(TELEPHONE);
  const overflow = await sidewaysOverflow(page);
  check(`${name}: fits a telephone`, overflow > 0 ? [`it is ${overflow} px too wide`] : []);
  await picture(page, shots, `${name}-telephone`);
  await page.setViewportSize(DESKTOP);
}

/** Till the new theme is on the screen. */
function painted(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
  );
}

async function picture(page: Page, shots: string | undefined, name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

if (import.meta.main) {
  const { PANTHER_URL, PANTHER_SETUP_LINK, PANTHER_EMAIL, PANTHER_PASSWORD, PANTHER_SHOTS, CHROMIUM } = process.env;
  const { passed, failed } = await walkConsole({
    baseUrl: PANTHER_URL ?? 'http://127.0.0.1:8765',
    setupLink: PANTHER_SETUP_LINK,
    email: PANTHER_EMAIL,
    password: PANTHER_PASSWORD,
    shots: PANTHER_SHOTS,
    chromium: CHROMIUM,
    log: console.log,
  });
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
