import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { detectionDetail } from '../../test/samples.ts';

test('schedules show rhythm, last run and why it failed', async () => {
  renderApp('/detections/schedules');
  const failed = await screen.findByRole('row', { name: /AWS.Console.Logins.Daily/ });
  expect(within(failed).getByText(/aws_cloudtrial does not exist/)).toBeInTheDocument();
  expect(within(failed).getByText('0 6 * * *')).toBeInTheDocument();
  expect(screen.getByText('every 15 min')).toBeInTheDocument();
  expect(screen.getByText(/The last run failed: 1 of 3/)).toBeInTheDocument();
});

test('a schedule is run at once', async () => {
  const { api, user } = renderApp('/detections/schedules');
  await user.click(await screen.findByRole('button', { name: 'Run now: DNS.Tunnel.Hourly' }));
  await waitFor(() => expect(api.callsOf('POST /schedules/:id/runs')[0]?.params).toEqual({ id: 'DNS.Tunnel.Hourly' }));
});

test('readers see runs, but no button', async () => {
  renderApp('/detections/AWS.Console.Logins.Daily?tab=runs', {
    role: 'read-only',
    answers: { 'GET /detections/:id': detectionDetail({ type: 'scheduled_query', body: '' }) },
  });
  expect(await screen.findByText('Binder Error: no such column')).toBeInTheDocument();
  expect(screen.getByText(/3 attempts/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /^Run now/ })).not.toBeInTheDocument();
});
