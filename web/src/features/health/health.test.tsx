import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';

test('components, storage and queues are shown', async () => {
  renderApp('/health');
  expect(await screen.findByText('Degraded')).toBeInTheDocument();
  expect(screen.getByText('1 failing')).toBeInTheDocument();
  expect(screen.getByText('panther-processed-data')).toBeInTheDocument();
  expect(screen.getByText('820 ms')).toBeInTheDocument();
});

test('dead letters are looked at with their reason, and moved back', async () => {
  const { api, user } = renderApp('/health', { answers: { 'POST /queues/:name/redrive': { moved: 2 } } });
  await user.click(await screen.findByRole('button', { name: /dead letters of panther-alerts-queue/ }));
  expect(await screen.findByText('Ticket system answered 503 service unavailable')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Move all back to the queue' }));
  await waitFor(() =>
    expect(api.callsOf('POST /queues/:name/redrive')[0]?.params).toEqual({ name: 'panther-alerts-queue' }),
  );
  expect(await screen.findByText('2 messages moved back to panther-alerts-queue.')).toBeInTheDocument();
});

test('deleting dead letters asks first', async () => {
  const { api, user } = renderApp('/health', { answers: { 'POST /queues/:name/purge': { deleted: 2 } } });
  await user.click(await screen.findByRole('button', { name: /dead letters of/ }));
  await user.click(await screen.findByRole('button', { name: 'Delete all' }));
  expect(api.callsOf('POST /queues/:name/purge')).toHaveLength(0);
  const buttons = await screen.findAllByRole('button', { name: 'Delete all' });
  await user.click(buttons.at(-1) as HTMLElement);
  await waitFor(() => expect(api.callsOf('POST /queues/:name/purge')).toHaveLength(1));
});

test('only an administrator looks at dead letters', async () => {
  renderApp('/health', { role: 'analyst' });
  expect(await screen.findByText('panther-alerts-queue')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /dead letters/ })).not.toBeInTheDocument();
});

test('every metric with data has a chart', async () => {
  const { api } = renderApp('/health');
  expect(await screen.findByRole('heading', { name: 'Events processed' })).toBeInTheDocument();
  await waitFor(() => expect(api.callsOf('GET /metrics/query')).toHaveLength(2));
  expect(
    api.callsOf('GET /metrics/query').find(({ query }) => query.name?.[0] === 'EventsProcessed')?.query,
  ).toMatchObject({ statistic: ['sum'], groupBy: ['LogType'] });
});
