/** The pages to look at. */
import { strToU8, zipSync } from 'fflate';
import type { Page } from 'playwright-core';

export interface Stop {
  readonly name: string;
  readonly path: string;
  /** What to do before looking, such as opening a dialog. */
  readonly act?: (page: Page) => Promise<void>;
}

const FIXED: readonly Stop[] = [
  { name: 'overview', path: '/' },
  { name: 'alerts', path: '/alerts' },
  { name: 'alerts-filter', path: '/alerts?status=ANY', act: openFilter },
  { name: 'search', path: '/search' },
  { name: 'search-result', path: '/search?sql=SELECT%201%20AS%20one', act: waitForRows },
  { name: 'detections', path: '/detections' },
  { name: 'coverage', path: '/detections/coverage' },
  { name: 'schedules', path: '/detections/schedules' },
  { name: 'lookup-tables', path: '/detections/lookup-tables' },
  { name: 'install-pack', path: '/detections/packs/install', act: lookAtPack },
  { name: 'packs', path: '/detections/packs', act: installPack },
  { name: 'pack', path: '/detections/packs/walked', act: goBackOfPack },
  { name: 'detection-overrides', path: '/detections/Walked.Pack?tab=overrides', act: overrideSeverity },
  { name: 'new-detection', path: '/detections/new' },
  { name: 'detections-chosen', path: '/detections', act: chooseSome },
  { name: 'sources', path: '/sources' },
  { name: 'add-source', path: '/sources/new' },
  { name: 'add-source-form', path: '/sources/new', act: chooseFirstType },
  { name: 'destinations', path: '/destinations' },
  { name: 'add-destination', path: '/destinations/new', act: waitForForm },
  { name: 'health', path: '/health' },
  { name: 'settings', path: '/settings' },
  { name: 'settings-users', path: '/settings/users' },
  { name: 'settings-invite', path: '/settings/users', act: (page) => openDialog(page, 'Invite a user') },
  { name: 'settings-tokens', path: '/settings/tokens' },
  { name: 'settings-audit', path: '/settings/audit' },
  { name: 'settings-profile', path: '/settings/profile' },
  { name: 'not-found', path: '/nowhere' },
  { name: 'palette', path: '/', act: openPalette },
];

/** The fixed pages, and one of each list where the list has something. */
export async function findPages(page: Page): Promise<readonly Stop[]> {
  const details: Stop[] = [];
  for (const list of ['alerts', 'detections', 'sources', 'destinations']) {
    const path = await firstLink(page, list);
    if (path !== undefined) details.push({ name: list.slice(0, -1), path });
    if (path !== undefined && list === 'detections')
      details.push(
        { name: 'detection-tests', path: `${path}?tab=tests` },
        { name: 'detection-activity', path: `${path}?tab=activity` },
        { name: 'detection-replay', path: `${path}?tab=replay` },
        { name: 'detection-exceptions', path: `${path}?tab=exceptions` },
        { name: 'detection-versions', path: `${path}?tab=versions` },
        { name: 'detection-edit', path: `${path}/edit`, act: waitForEditor },
        { name: 'detection-run', path: `${path}/edit`, act: runOnEvent },
      );
    if (path !== undefined && list === 'sources')
      details.push(
        { name: 'source-send', path: `${path}?tab=send` },
        { name: 'source-configuration', path: `${path}?tab=configuration` },
      );
  }
  return [...FIXED, ...details];
}

async function firstLink(page: Page, list: string): Promise<string | undefined> {
  await page.goto(`/${list}${list === 'alerts' ? '?status=ANY' : ''}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'hidden' });
  const link = page.locator(`main tbody a[href^="/${list}/"]`).first();
  return (await link.count()) === 0 ? undefined : ((await link.getAttribute('href')) ?? undefined);
}

async function openFilter(page: Page): Promise<void> {
  await page
    .getByRole('combobox', { name: /^Severity/ })
    .or(page.getByRole('button', { name: /^Severity/ }))
    .first()
    .click();
  await page.getByRole('option', { name: 'Critical' }).waitFor();
}

async function chooseSome(page: Page): Promise<void> {
  await page
    .getByRole('checkbox', { name: /^Choose / })
    .nth(1)
    .check();
  await page.getByRole('region', { name: 'Chosen detections' }).waitFor();
}

async function lookAtPack(page: Page, severity = 'Low'): Promise<void> {
  const Detection = '[{KeyPath: eventName, Condition: Equals, Value: x}]';
  const spec = `AnalysisType: rule\nRuleID: Walked.Pack\nEnabled: true\nSeverity: ${severity}\nLogTypes: [AWS.CloudTrail]\nDetection: ${Detection}\n`;
  const buffer = Buffer.from(zipSync({ 'walked.yml': strToU8(spec) }));
  await page.getByLabel('Zip of detections').setInputFiles({ name: 'walked.zip', mimeType: 'application/zip', buffer });
  await page.getByRole('button', { name: 'Show the difference' }).click();
  await page.getByRole('button', { name: 'Show Walked.Pack' }).click();
  await page.getByRole('button', { name: 'Install', exact: true }).waitFor();
}

/** Twice, for a history. */
async function installPack(page: Page): Promise<void> {
  for (const severity of ['Low', 'High']) {
    await page.goto('/detections/packs/install');
    await lookAtPack(page, severity);
    await page.getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByRole('heading', { name: 'walked' }).waitFor();
  }
  await page.goto('/detections/packs');
  await page.getByRole('link', { name: 'walked' }).waitFor();
}

async function goBackOfPack(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Go back to revision 1' }).click();
  await page.getByRole('button', { name: 'Show Walked.Pack' }).waitFor();
}

async function overrideSeverity(page: Page): Promise<void> {
  await page.getByRole('spinbutton', { name: /^Alerts from/ }).fill('5');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Overrides (1)').waitFor();
}

async function waitForEditor(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Specification' }).waitFor();
}

async function runOnEvent(page: Page): Promise<void> {
  await waitForEditor(page);
  await page.getByRole('tab', { name: 'Run on an event' }).click();
  await page.getByRole('textbox', { name: 'Event, as JSON' }).fill('{"eventName": "ConsoleLogin"}');
  await page.getByRole('button', { name: 'Run on the event' }).click();
  await page.getByRole('button', { name: 'Save as test' }).waitFor();
}

async function waitForRows(page: Page): Promise<void> {
  await page.getByRole('grid', { name: 'Result' }).waitFor();
}

async function chooseFirstType(page: Page): Promise<void> {
  await page.locator('main button strong').first().click();
  await page.getByLabel('Name', { exact: true }).waitFor();
}

async function waitForForm(page: Page): Promise<void> {
  await page.getByLabel('Name', { exact: true }).or(page.locator('main button strong').first()).first().waitFor();
}

async function openDialog(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button }).click();
  await page.getByRole('dialog').waitFor();
}

async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press('Control+k');
  await page
    .getByRole('option', { name: /Alerts/ })
    .first()
    .waitFor();
}
