import { startPanther, setUp, ADMIN, temporaryFolder } from '/work/main/platform/test/support/panther.ts';
import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';
const dir = temporaryFolder('shots');
const p = await startPanther({ dataDir: dir, args: ['--demo'] });
const c = await setUp(p);
await new Promise(r => setTimeout(r, 45000));
mkdirSync('/tmp/shots2', { recursive: true });
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] });
for (const scheme of ['dark','light'] as const) {
  const ctx = await b.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: scheme });
  const page = await ctx.newPage();
  page.on('console', m => { if (m.type()==='error') console.log('console', m.text()); });
  await page.goto(p.url);
  await page.getByLabel(/e-?mail/i).fill(ADMIN.email);
  await page.getByLabel(/password/i).first().fill(ADMIN.password);
  await page.keyboard.press('Enter');
  await page.waitForTimeout(2500);
  for (const path of ['/', '/alerts', '/sources', '/detections', '/search', '/health', '/destinations']) {
    await page.goto(p.url + path); await page.waitForTimeout(1800);
    await page.screenshot({ path: `/tmp/shots2/${scheme}${path.replaceAll('/','-')}.png` });
  }
  const a = (await c.call('GET /alerts')).items[0];
  if (a) { await page.goto(p.url + '/alerts/' + a.id); await page.waitForTimeout(2500); await page.screenshot({ path: `/tmp/shots2/${scheme}-alert.png` }); }
  await page.goto(p.url + '/detections/AWS.CloudTrail.RootConsoleSignIn'); await page.waitForTimeout(2500); await page.screenshot({ path: `/tmp/shots2/${scheme}-detection.png` });
}
await b.close(); console.log(await p.stop());
