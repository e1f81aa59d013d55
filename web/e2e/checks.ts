/** What must hold on every page, whatever it shows. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const WRONG = new Set(['serious', 'critical']);

/** Violations that keep somebody from using the page, one line each. What is still changing its colours is looked at again. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const problems = await violationsOf(page);
  if (problems.length === 0) return problems;
  await page.evaluate(async () => {
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  });
  return violationsOf(page);
}

async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    .analyze();
  return violations
    .filter(({ impact }) => WRONG.has(impact ?? ''))
    .flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 3)
        .map(
          (node) => `${id}: ${node.target.join(' ')} ${(node.failureSummary ?? '').replace(/\s+/g, ' ').slice(0, 260)}`,
        ),
    );
}

const SETTLE_MS = 3_000;

/** How far the page can be scrolled sideways, in pixels, once charts and popups have taken their new width. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  const fits = () => document.documentElement.scrollWidth <= document.documentElement.clientWidth;
  await page.waitForFunction(fits, undefined, { timeout: SETTLE_MS }).catch(() => {});
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Collects what the page complains about: errors, refused content, failed requests of its own. */
export function watchErrors(page: Page): { readonly take: () => string[] } {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const isRefusal = /Failed to load resource.*(401|404|429)/.test(message.text());
    if (message.type() === 'error' && !isRefusal) errors.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) errors.push(`${response.status()} ${response.url()}`);
  });
  return { take: () => errors.splice(0) };
}
