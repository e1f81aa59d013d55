import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { conditionsOf, newRow, readableCondition } from './conditions.ts';

const PAGE = '/detections/AWS.Console.RootLogin?tab=exceptions';

test('rows become match expressions, with numbers and truth values as such', () => {
  const rows = [
    newRow({ field: 'a.b', value: 'x' }),
    newRow({ field: 'n', value: '443' }),
    newRow({ field: 't', value: '"443"' }),
    newRow({ field: 'z', value: '007' }),
    newRow({ field: 'e', condition: 'Exists', value: 'ignored' }),
    newRow(),
  ];
  expect(conditionsOf(rows)).toEqual([
    { KeyPath: 'a.b', Condition: 'Equals', Value: 'x' },
    { KeyPath: 'n', Condition: 'Equals', Value: 443 },
    { KeyPath: 't', Condition: 'Equals', Value: '443' },
    { KeyPath: 'z', Condition: 'Equals', Value: '007' },
    { KeyPath: 'e', Condition: 'Exists' },
  ]);
});

test('conditions are read aloud where they compare one field', () => {
  expect(readableCondition({ DeepKey: ['a', 'b'], Condition: 'Equals', Value: 1 })).toBe('a.b is 1');
  expect(readableCondition({ Any: [] })).toBe('{"Any":[]}');
});

test('exceptions say what they hide, how much, and which hide nothing', async () => {
  renderApp(PAGE);
  expect(await screen.findByText('sourceIPAddress is in the network "192.0.2.0/24"')).toBeInTheDocument();
  expect(screen.getByText('14')).toBeInTheDocument();
  expect(screen.getByText('Stale')).toBeInTheDocument();
  expect(screen.getByText(/the account is closed/)).toBeInTheDocument();
});

test('from an alert its events suggest the conditions', async () => {
  const { api, user } = renderApp('/alerts/a1');
  await user.click(await screen.findByRole('button', { name: 'Add an exception' }));
  const dialog = await screen.findByRole('dialog', { name: 'Add an exception' });
  await user.click(within(dialog).getByRole('checkbox', { name: 'sourceIPAddress is 192.0.2.7' }));
  await user.type(within(dialog).getByRole('textbox', { name: 'Reason' }), 'a scanner of ours');
  await user.click(within(dialog).getByRole('button', { name: 'Check and add' }));
  await waitFor(() =>
    expect(api.callsOf('POST /exceptions')[0]?.body).toMatchObject({
      detectionId: 'AWS.Console.RootLogin',
      conditions: [{ KeyPath: 'sourceIPAddress', Condition: 'Equals', Value: '192.0.2.7' }],
      reason: 'a scanner of ours',
    }),
  );
});

test('one that hides a known true positive needs a reason', async () => {
  const { api, user } = renderApp(PAGE, {
    answers: {
      'POST /exceptions/check': {
        issues: [],
        hides: [{ kind: 'test', id: 'Root signs in', title: 'Root signs in', events: 1 }],
        checked: { tests: 2, alerts: 0, events: 2 },
      },
    },
  });
  await user.click(await screen.findByRole('button', { name: 'Add an exception' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByRole('textbox', { name: 'Field' }), 'eventName');
  await user.type(within(dialog).getByRole('textbox', { name: 'Value' }), 'ConsoleLogin');
  await user.type(within(dialog).getByRole('textbox', { name: 'Reason' }), 'noise');
  await user.click(within(dialog).getByRole('button', { name: 'Check and add' }));
  expect(await within(dialog).findByText('the test “Root signs in”')).toBeInTheDocument();
  expect(api.callsOf('POST /exceptions')).toHaveLength(0);
  await user.type(within(dialog).getByRole('textbox', { name: /Why it shall hide/ }), 'accepted');
  await user.click(within(dialog).getByRole('button', { name: 'Add it all the same' }));
  await waitFor(() =>
    expect(api.callsOf('POST /exceptions')[0]?.body).toMatchObject({ force: true, forceReason: 'accepted' }),
  );
});

test('readers see exceptions, and change none', async () => {
  renderApp(PAGE, { role: 'read-only' });
  expect(await screen.findByText('14')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Add an exception' })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Delete' })).not.toBeInTheDocument();
});
