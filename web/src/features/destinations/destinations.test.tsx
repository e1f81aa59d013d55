import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from '../../test/fake-api.ts';
import { renderApp } from '../../test/render-app.tsx';
import { destination } from '../../test/samples.ts';

test('a test alert tells what the other side answered', async () => {
  const { api, user } = renderApp('/destinations');
  await user.click(await screen.findByRole('button', { name: 'Send a test alert to Security on call' }));
  expect(
    await screen.findByText('The test alert has arrived at Security on call: HTTP 200 in 81 ms.'),
  ).toBeInTheDocument();
  api.answer({
    'POST /destinations/:id/test': { success: false, statusCode: 0, message: 'connection refused', durationMs: 3 },
  });
  await user.click(screen.getByRole('button', { name: 'Send a test alert to Ticket system' }));
  expect(
    await screen.findAllByText('The test alert did not arrive at Ticket system: connection refused'),
  ).not.toHaveLength(0);
});

test('a destination is added from its type’s form', async () => {
  const { api, user, addressOf } = renderApp('/destinations/new', {
    answers: { 'POST /destinations': destination({ id: 'd9', name: 'Chat' }) },
  });
  await user.type(await screen.findByLabelText('Name'), 'Chat');
  await user.type(screen.getByLabelText('URL'), 'https://hooks.example.com/1');
  await user.click(screen.getByRole('button', { name: 'Add destination' }));
  await waitFor(() => expect(addressOf()).toBe('/destinations/d9'));
  expect(api.callsOf('POST /destinations')[0]?.body).toEqual({
    name: 'Chat',
    type: 'webhook',
    severities: ['CRITICAL', 'HIGH', 'MEDIUM'],
    alertTypes: ['RULE', 'RULE_ERROR', 'POLICY'],
    config: { url: 'https://hooks.example.com/1' },
  });
});

test('an address that is refused is said at its field', async () => {
  const { user } = renderApp('/destinations/new', {
    answers: { 'POST /destinations': new Refusal(422, 'invalid', '10.0.0.1 is a private address', 'config.url') },
  });
  await user.type(await screen.findByLabelText('Name'), 'Chat');
  await user.type(screen.getByLabelText('URL'), 'http://10.0.0.1/');
  await user.click(screen.getByRole('button', { name: 'Add destination' }));
  expect(await screen.findByText('10.0.0.1 is a private address')).toBeInTheDocument();
  expect(screen.getByLabelText('URL')).toBeInvalid();
});

test('saving does not send secrets that were not typed', async () => {
  const { api, user } = renderApp('/destinations/d1', { answers: { 'PATCH /destinations/:id': destination() } });
  await user.click(await screen.findByRole('button', { name: 'Save' }));
  await waitFor(() => expect(api.callsOf('PATCH /destinations/:id')[0]?.body).toMatchObject({ config: {} }));
});

test('those who may not change see the form without buttons', async () => {
  renderApp('/destinations/d1', { role: 'analyst' });
  expect(await screen.findByLabelText('Name')).toBeDisabled();
  expect(screen.queryByRole('button', { name: 'Save' })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Delete' })).not.toBeInTheDocument();
});
