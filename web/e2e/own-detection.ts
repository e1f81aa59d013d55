/** A detection of the user's own: written, run on an event, saved, rolled back, replayed and enabled. */
import type { Page } from 'playwright-core';

const OWN = 'Company.Web.Probes';

export async function write(page: Page, logType: string): Promise<void> {
  await page.goto('/detections/new');
  await page.getByRole('combobox', { name: 'Log type' }).click();
  await page.getByRole('option', { name: logType, exact: true }).click();
  await page.getByLabel('Id', { exact: true }).fill(OWN);
  await page.getByRole('button', { name: 'Open the editor' }).click();
  const code = page.getByRole('textbox', { name: 'Code' });
  await code.click();
  await page.keyboard.press('Control+a');
  await paste(page, 'def rule(event)\n    return True\n');
  await page.getByRole('tab', { name: 'Problems (1)' }).waitFor();
  await page.keyboard.press('Control+a');
  await paste(page, 'def rule(event):\n    return event.get("request") == "/.env"\n');
  await page.getByRole('tab', { name: 'Problems', exact: true }).waitFor();
  await page.getByText('request = "/.env"').waitFor();
  await page.getByRole('textbox', { name: 'Specification' }).click();
  await page.keyboard.press('Control+a');
  await paste(page, specification(logType));
  await page.keyboard.press('Control+Enter');
  await page.getByText('Tests (2 passed, 0 failed)').waitFor();
}

/** As a person pastes; what the browser types into an editor by itself is against the page's policy for styles. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((data) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', data);
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(event);
  }, text);
}

const specification = (logType: string) => `AnalysisType: rule
RuleID: ${OWN}
Filename: probes.py
Enabled: false
LogTypes: [${logType}]
Severity: Low
Tests:
  - {Name: a probe, ExpectedResult: true, Log: {request: /.env}}
  - {Name: a page, ExpectedResult: false, Log: {request: /}}
`;

export async function runOnEvent(page: Page, logType: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Code' }).click();
  await page.keyboard.press('Control+a');
  await paste(
    page,
    'def rule(event):\n    print("asked:", event.get("request"))\n    return event.get("request") == "/.env"\n',
  );
  await page.getByRole('tab', { name: 'Run on an event' }).click();
  await page.getByRole('combobox', { name: 'Where the event is from' }).click();
  await page.getByRole('option', { name: `new ones of ${logType}` }).click();
  await page.getByRole('list', { name: 'Events' }).getByRole('button').filter({ hasText: '.env' }).first().click();
  await page.getByRole('button', { name: 'Run on the event' }).click();
  await page.getByText('asked: GET /.env').waitFor();
  await page.getByRole('heading', { name: 'No match' }).waitFor();
  await page.getByLabel('Name of the test').fill('one that came in');
  await page.getByRole('button', { name: 'Save as test' }).click();
  await page.getByRole('button', { name: 'Run tests' }).click();
  await page.getByText('Tests (3 passed, 0 failed)').waitFor();
  await page.locator('summary').filter({ hasText: 'one that came in' }).click();
  await page.getByText('asked: GET /.env').waitFor();
}

export async function saveTwice(page: Page): Promise<void> {
  await page.keyboard.press('Control+s');
  await page.getByText(`${OWN} is saved.`).waitFor();
  await page.getByRole('heading', { name: OWN, level: 1 }).waitFor();
  await page.getByRole('textbox', { name: 'Code' }).click();
  await page.keyboard.press('Control+End');
  await paste(page, '\n\ndef title(event):\n    return "A probe"\n');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).and(page.locator(':disabled')).waitFor();
  await page.goto(`/detections/${OWN}?tab=versions`);
  await page.getByText('def title').first().waitFor();
  await page.getByRole('button', { name: /^Roll back to/ }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Roll back' }).click();
  await page.getByText('The earlier version is the current one.').waitFor();
}

export async function replay(page: Page): Promise<void> {
  await page.goto(`/detections/${OWN}?tab=replay`);
  await page.getByRole('combobox', { name: 'Time range' }).click();
  await page.getByRole('option', { name: 'the last 24 hours' }).click();
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByRole('heading', { name: 'No alerts' }).waitFor({ timeout: 60_000 });
  await page.getByRole('switch', { name: 'Enabled' }).first().click();
  await page.getByText(`${OWN} is enabled.`).waitFor();
}
