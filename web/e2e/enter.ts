import type { Page } from 'playwright-core';

export interface Way {
  readonly setupLink?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
}

export const FIRST_ADMIN = { name: 'Ada Example', email: 'ada@example.com', password: 'correct horse battery staple' };

/** Gets in: by creating the first administrator, by signing in, or because the browser is in already. */
export async function enter(page: Page, way: Way, look: (name: string) => Promise<void>): Promise<void> {
  if (way.setupLink !== undefined) await setUp(page, way.setupLink, look);
  else await signIn(page, way, look);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

async function setUp(page: Page, link: string, look: (name: string) => Promise<void>): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Your name').fill(FIRST_ADMIN.name);
  await look('setup');
  await page.getByLabel('E-mail address').fill(FIRST_ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill(FIRST_ADMIN.password);
  await page.getByLabel('Password again').fill(FIRST_ADMIN.password);
  await page.getByRole('button', { name: 'Create account and sign in' }).click();
}

async function signIn(page: Page, way: Way, look: (name: string) => Promise<void>): Promise<void> {
  await page.goto('/');
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (await page.getByRole('navigation', { name: 'Main' }).isVisible()) return;
  await look('sign-in');
  await page.getByLabel('E-mail address').fill(way.email ?? FIRST_ADMIN.email);
  await page.getByLabel('Password').fill(way.password ?? FIRST_ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
