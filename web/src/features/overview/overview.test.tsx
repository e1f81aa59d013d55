import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import * as samples from '../../test/samples.ts';

test('the balance of records is shown: received = stored + quarantined + rejected', async () => {
  renderApp('/', {
    answers: {
      'GET /overview': samples.overview({
        records: { total: samples.counts(900, 90, 10), last24Hours: samples.counts(9) },
      }),
    },
  });
  expect(await screen.findByText('1,000')).toBeInTheDocument();
  for (const text of ['900', '90', '10', 'In balance']) expect(screen.getByText(text)).toBeInTheDocument();
});

test('while records are under way it says that the balance settles', async () => {
  const total = { ...samples.counts(900), received: 950, balanced: false };
  renderApp('/', { answers: { 'GET /overview': samples.overview({ records: { total, last24Hours: total } }) } });
  expect(await screen.findByText('Settling')).toBeInTheDocument();
});

test('open alerts lead to the list of their severity; recent alerts to themselves', async () => {
  renderApp('/');
  const open = (await screen.findByRole('heading', { name: 'Open alerts' })).closest('section') as HTMLElement;
  expect(within(open).getByRole('link', { name: '12 Medium' })).toHaveAttribute('href', '/alerts?severity=MEDIUM');
  expect(screen.getByRole('link', { name: /Root user signed in/ })).toHaveAttribute('href', '/alerts/a1');
});

test('the range is in the address and asked for', async () => {
  const { api } = renderApp('/?hours=72');
  await screen.findByRole('heading', { name: 'Events by log type' });
  const from = Date.parse(api.callsOf('GET /overview')[0]?.query.from?.[0] ?? '');
  expect(Math.round((Date.now() - from) / 3_600_000)).toBe(72);
});

test('somebody new is told the first steps', async () => {
  const overview = samples.overview({
    records: { total: samples.counts(0), last24Hours: samples.counts(0) },
    sources: { total: 0, healthy: 0, unhealthy: 0, unknown: 0, disabled: 0 },
    events: [],
    alerts: [],
    eventsByLogType: [],
    recentAlerts: [],
  });
  renderApp('/', { answers: { 'GET /overview': overview, 'GET /sources': { items: [] } } });
  expect(await screen.findByRole('link', { name: 'Add a source' })).toHaveAttribute('href', '/sources/new');
  expect(screen.getByText('The lake is empty')).toBeInTheDocument();
});
