import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { detectionDetail, detectionSummary } from '../../test/samples.ts';

test('a detection is turned off in the list', async () => {
  const { api, user } = renderApp('/detections', {
    answers: { 'PATCH /detections/:id': detectionSummary({ enabled: false }) },
  });
  await user.click(await screen.findByRole('switch', { name: 'Enable AWS root console sign-in' }));
  await waitFor(() =>
    expect(api.callsOf('PATCH /detections/:id')[0]).toMatchObject({
      params: { id: 'AWS.Console.RootLogin' },
      body: { enabled: false },
    }),
  );
  expect(await screen.findByText('AWS root console sign-in is disabled.')).toBeInTheDocument();
});

test('the filter is in the address', async () => {
  const { api } = renderApp('/detections?language=sigma&enabled=false&severity=HIGH&sort=matches');
  await screen.findByRole('link', { name: 'CloudTrail stopped' });
  expect(api.callsOf('GET /detections')[0]?.query).toMatchObject({
    language: ['sigma'],
    enabled: ['false'],
    severity: ['HIGH'],
    sort: ['matches'],
    direction: ['descending'],
  });
});

test('those who may only read see the state, not a switch', async () => {
  renderApp('/detections', { role: 'read-only' });
  await screen.findByRole('link', { name: 'CloudTrail stopped' });
  expect(screen.queryByRole('switch')).not.toBeInTheDocument();
  expect(screen.getAllByText('Disabled')).toHaveLength(1);
});

test('the page of a detection shows its code and when it is run', async () => {
  renderApp('/detections/AWS.Console.RootLogin');
  expect(await screen.findByText(/userIdentity.type = "Root"/)).toBeInTheDocument();
  expect((await screen.findByLabelText('Code of the detection')).textContent).toContain('def rule(event):');
});

test('a detection without a condition is run on every event', async () => {
  renderApp('/detections/x', { answers: { 'GET /detections/:id': detectionDetail({ condition: null, body: '' }) } });
  expect(await screen.findByText('On every event of AWS.CloudTrail.')).toBeInTheDocument();
  expect(screen.queryByRole('tab', { name: 'Code' })).not.toBeInTheDocument();
});

test('its tests are run, with results and errors', async () => {
  const { user } = renderApp('/detections/AWS.Console.RootLogin?tab=tests');
  await user.click(await screen.findByRole('button', { name: 'Run tests' }));
  expect(await screen.findByText('1 passed, 1 failed')).toBeInTheDocument();
  expect(screen.getByText(/line 12, in title/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: /Root signs in/ }));
  expect(screen.getByText('What the alert would say')).toBeInTheDocument();
});

test('its alerts of every status are one link away', async () => {
  renderApp('/detections/AWS.Console.RootLogin?tab=activity');
  expect(await screen.findByRole('link', { name: 'All of its alerts' })).toHaveAttribute(
    'href',
    '/alerts?ruleId=AWS.Console.RootLogin&status=ANY',
  );
});
