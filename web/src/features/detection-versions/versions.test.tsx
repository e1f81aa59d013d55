import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { detectionSummary, VERSIONS } from '../../test/samples.ts';

const PAGE = '/detections/AWS.Console.RootLogin?tab=versions';

test('versions say who saved them, and what differs from the one before', async () => {
  renderApp(PAGE);
  expect(await screen.findByRole('cell', { name: 'Ada Example' })).toBeInTheDocument();
  expect(await screen.findByText('No difference.')).toBeInTheDocument();
  expect((await screen.findByLabelText('Code')).textContent).toContain('return True');
});

test('a version is rolled back to after a question', async () => {
  const { api, user } = renderApp(PAGE, { answers: { 'POST /detections/:id/roll-back': detectionSummary() } });
  await user.click(await screen.findByRole('button', { name: 'Roll back to aa11bb22cc33' }));
  await user.click(await screen.findByRole('button', { name: 'Roll back' }));
  await waitFor(() =>
    expect(api.callsOf('POST /detections/:id/roll-back')[0]?.body).toEqual({ version: 'aa11bb22cc33dd44' }),
  );
  expect(await screen.findByText('The earlier version is the current one.')).toBeInTheDocument();
});

test('readers see versions, but no way back; one version has nothing to compare', async () => {
  renderApp(PAGE, {
    role: 'read-only',
    answers: { 'GET /detections/:id/versions': { items: VERSIONS.slice(0, 1) } },
  });
  expect(await screen.findByText(/There is one version/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /^Roll back/ })).not.toBeInTheDocument();
});
