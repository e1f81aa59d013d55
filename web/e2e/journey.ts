/** What a new user does: adds a source, sends it logs, sees them counted, finds them, and has alerts sent somewhere. */
import type { Page } from 'playwright-core';
import { replay, runOnEvent, saveTwice, write } from './own-detection.ts';

type Check = (name: string, problems: readonly string[]) => void;

const SOURCE = 'Web servers';
const LOG_TYPE = 'Nginx.Access';
const GOOD = 3;

const PROBES = 12;
const ALERT = 'Web server probed for weak spots by 203.0.113.7';

/** nginx's form of a time. */
function logTime(now: Date): string {
  const [date, month, year] = now.toUTCString().slice(5, 16).split(' ');
  return `${date}/${month}/${year}:${now.toISOString().slice(11, 19)} +0000`;
}

/** Lines of now, so that they are in every time range. */
function lines(now: Date): string {
  const good = Array.from(
    { length: GOOD },
    (_, index) =>
      `198.51.100.${index + 1} - - [${logTime(now)}] "GET /page-${index} HTTP/1.1" 200 612 "-" "curl/8.5.0"`,
  );
  return [...good, '<img src=x onerror=alert(1)> this is no access log', ''].join('\n');
}

function probes(now: Date): string {
  const line = `203.0.113.7 - - [${logTime(now)}] "GET /.env HTTP/1.1" 200 612 "-" "curl/8.5.0"`;
  return `${line}\n`.repeat(PROBES);
}

/** Walks the journey in the console, signed in as administrator. */
export async function walkJourney(page: Page, check: Check): Promise<void> {
  await step(check, 'a source is added in the console', () => addSource(page));
  const token = (await page.locator('pre').first().textContent()) ?? '';
  await step(check, 'the source takes logs with its token', () => send(page, token.trim(), lines(new Date())));
  await step(check, 'its records are counted: received = stored + quarantined', () => seeCounts(page));
  await step(check, 'what no log type accepts is shown as text, with its reason', () => seeQuarantined(page));
  await step(check, 'the events are found with SQL', () => search(page));
  await step(check, 'a destination is added', () => addDestination(page));
  await step(check, 'probes of a web server become one alert', () => probe(page, token.trim()));
  await step(check, 'the alert shows its events, and a value leads to the search', () => pivot(page));
  await step(check, 'the alert gets a status and a comment', () => triage(page));
  await step(check, 'the tests of a detection are run', () => runTests(page));
  await step(check, 'an exception is made from the alert, after it was checked against true positives', () =>
    except(page),
  );
  await step(check, 'a detection is written from a template, its mistake is shown, its tests run', () =>
    write(page, LOG_TYPE),
  );
  await step(check, 'it is run on an event that came in, which becomes a test of it', () => runOnEvent(page, LOG_TYPE));
  await step(check, 'it is saved, changed, and rolled back', () => saveTwice(page));
  await step(check, 'it is replayed over what came in, and enabled', () => replay(page));
  await step(check, 'an invited user sets a password, and may only read', () => inviteReader(page));
}

async function step(check: Check, name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
    check(name, []);
  } catch (error) {
    check(name, [error instanceof Error ? error.message : String(error)]);
  }
}

async function addSource(page: Page): Promise<void> {
  await page.goto('/sources/new');
  await page.getByRole('button', { name: /^HTTP/ }).click();
  await page.getByLabel('Name', { exact: true }).fill(SOURCE);
  await page.getByLabel('Log types', { exact: true }).click();
  await page.getByPlaceholder('Search…').fill('nginx');
  await page.getByRole('option', { name: LOG_TYPE }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add source' }).click();
  await page.getByText('never shows it again').waitFor();
}

async function send(page: Page, token: string, data: string): Promise<void> {
  const response = await page.request.post(`/api/v1/ingest/${encodeURIComponent(SOURCE)}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    data,
  });
  if (response.status() !== 200) throw new Error(`the answer is ${response.status()}: ${await response.text()}`);
}

async function seeCounts(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Go to the source' }).click();
  const records = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Records', exact: true }) });
  await records.getByText('In balance').waitFor();
  for (const [name, value] of [
    ['Received', GOOD + 1],
    ['Stored', GOOD],
    ['Quarantined', 1],
    ['Rejected', 0],
  ] as const) {
    await records.locator('dl').filter({ hasText: name }).getByText(String(value), { exact: true }).waitFor();
  }
}

async function seeQuarantined(page: Page): Promise<void> {
  await page.reload();
  await page.getByText('this is no access log').waitFor();
  if ((await page.locator('main img').count()) > 0) throw new Error('the record has become a picture');
}

async function search(page: Page): Promise<void> {
  await page.goto('/search');
  const editor = page.getByRole('textbox', { name: 'SQL query' });
  await editor.click();
  await page.keyboard.type(
    "SELECT count(*) AS requests FROM panther_logs.nginx_access WHERE p_source_label = 'Web servers'",
  );
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('gridcell', { name: String(GOOD) }).waitFor();
}

async function addDestination(page: Page): Promise<void> {
  await page.goto('/destinations/new');
  await page.getByLabel('Name', { exact: true }).fill('On call');
  await page.getByLabel('URL').fill('https://hooks.example.com/panther');
  await page.getByRole('button', { name: 'Add destination' }).click();
  await page.getByRole('heading', { name: 'On call', level: 1 }).waitFor();
}

async function probe(page: Page, token: string): Promise<void> {
  await send(page, token, probes(new Date()));
  await page.goto('/alerts?sort=updatedAt');
  const row = page.getByRole('row').filter({ hasText: ALERT });
  await row.waitFor({ timeout: 40_000 });
  await row.getByText('High').waitFor();
  await row.getByRole('link', { name: ALERT }).click();
}

async function pivot(page: Page): Promise<void> {
  await page
    .getByRole('heading', { name: ALERT, level: 1 })
    .or(page.getByRole('heading', { level: 1 }))
    .first()
    .waitFor();
  await page.getByText(`${PROBES} matching events`).waitFor();
  const address = page.url();
  await page.getByRole('link', { name: 'Search for 203.0.113.7' }).first().click();
  await page.getByText(`${PROBES} rows`).waitFor();
  await page.goto(address);
}

async function triage(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Status: Open. Change' }).click();
  await page.getByRole('menuitem', { name: 'Triaged' }).click();
  await page.getByRole('button', { name: 'Status: Triaged. Change' }).waitFor();
  await page.getByRole('textbox', { name: 'Comment' }).fill('Blocked at the edge.');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await page.getByText('Blocked at the edge.').and(page.locator('p')).waitFor();
}

async function runTests(page: Page): Promise<void> {
  await page.goto('/detections/Web.PathProbing?tab=tests');
  await page.getByRole('button', { name: 'Run tests' }).click();
  await page.getByText(/^\d+ passed, 0 failed$/).waitFor({ timeout: 60_000 });
}

async function except(page: Page): Promise<void> {
  await page.goto('/alerts?status=ANY&sort=updatedAt');
  await page.getByRole('link', { name: ALERT }).first().click();
  await page.getByRole('button', { name: 'Add an exception' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add an exception' });
  await dialog.getByRole('button', { name: 'Add a condition' }).click();
  await dialog.getByRole('textbox', { name: 'Field' }).last().fill('remoteAddr');
  await dialog.getByRole('textbox', { name: 'Value' }).last().fill('203.0.113.250');
  await dialog.getByLabel('Reason').fill('Our own scanner.');
  await dialog.getByRole('button', { name: 'Check and add' }).click();
  await page.getByText('The exception is live.').waitFor();
  await page.goto('/detections/Web.PathProbing?tab=exceptions');
  await page.getByText('remoteAddr is "203.0.113.250"').waitFor();
}

const READER = { name: 'Carol Reader', email: 'carol@example.com', password: 'staple battery horse correct' };

async function inviteReader(page: Page): Promise<void> {
  await page.goto('/settings/users');
  await page.getByRole('button', { name: 'Invite a user' }).click();
  await page.getByLabel('Name', { exact: true }).fill(READER.name);
  await page.getByLabel('E-mail address').fill(READER.email);
  await page.getByRole('combobox', { name: 'Role', exact: true }).click();
  await page.getByRole('option', { name: 'Read-only' }).click();
  await page.getByRole('button', { name: 'Create the invitation' }).click();
  const link = await page.getByRole('dialog').locator('pre').textContent();
  const guest = await page
    .context()
    .browser()
    ?.newContext({ baseURL: new URL(page.url()).origin });
  if (link === null || guest === undefined) throw new Error('there is no link');
  try {
    await readOnly(await guest.newPage(), link);
  } finally {
    await guest.close();
  }
}

async function readOnly(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByText(`For ${READER.email}`).waitFor();
  await page.getByLabel('Password', { exact: true }).fill(READER.password);
  await page.getByLabel('Password again').fill(READER.password);
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sources' }).click();
  await page.getByRole('link', { name: SOURCE }).click();
  await page.getByText('this is no access log').waitFor();
  for (const name of ['Delete', 'Process again']) {
    if (await page.getByRole('button', { name }).isVisible()) throw new Error(`a reader is offered: ${name}`);
  }
  if (await page.getByRole('switch').isVisible()) throw new Error('a reader is offered a switch');
}
