import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from '../../test/fake-api.ts';
import { renderApp } from '../../test/render-app.tsx';
import { readList, readReports, reportsText } from './override-values.ts';

const PAGE = '/detections/AWS.Console.RootLogin?tab=overrides';

test('reports and lists are text and back', () => {
  const reports = { 'MITRE ATT&CK': ['TA0001:T1078', 'TA0002:T1059'], CIS: ['1.1'] };
  expect(readReports(reportsText(reports))).toEqual(reports);
  expect(readReports('  ')).toBeNull();
  expect(readList(' a, b\nc,, ')).toEqual(['a', 'b', 'c']);
  expect(readList(' ')).toBeNull();
});

test('need 15: fields are overridden beside what the pack has, and reset', async () => {
  const { api, user } = renderApp(PAGE);
  const severity = (await screen.findByText('Severity', { selector: 'td *' })).closest('tr') as HTMLElement;
  expect(within(severity).getByText('Overridden')).toBeInTheDocument();
  expect(within(severity).getByText('Low')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Reset Severity' }));
  await user.type(screen.getByRole('spinbutton', { name: 'Alerts from (events)' }), '5');
  const tags = screen.getByRole('textbox', { name: 'Tags' });
  await user.clear(tags);
  await user.type(tags, 'AWS, ours');
  await user.clear(screen.getByRole('textbox', { name: 'Runbook' }));
  await user.type(screen.getByRole('textbox', { name: /Note/ }), 'agreed');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(api.callsOf('PUT /detections/:id/overrides')).toHaveLength(1));
  expect(api.callsOf('PUT /detections/:id/overrides')[0]?.body).toEqual({
    overrides: { Threshold: 5, Tags: ['AWS', 'ours'], Runbook: null },
    expectedVersion: '4f2a91c0d1e2f3a4',
    note: 'agreed',
  });
});

test('what is wrong stands at its field', async () => {
  const { user } = renderApp(PAGE, {
    answers: {
      'PUT /detections/:id/overrides': new Refusal(400, 'invalid', 'must be at least 1', 'overrides.Threshold'),
    },
  });
  await user.type(await screen.findByRole('spinbutton', { name: 'Alerts from (events)' }), '0');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  const row = (await screen.findByText('must be at least 1')).closest('tr') as HTMLElement;
  expect(within(row).getByText('Alerts from (events)')).toBeInTheDocument();
});

test('readers see overrides, and change none', async () => {
  renderApp(PAGE, { role: 'read-only' });
  expect(await screen.findByText('Critical', { selector: 'td' })).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
});

test('changes say who, what and why', async () => {
  renderApp('/detections/AWS.Console.RootLogin?tab=versions');
  const row = (await screen.findByText('Overrides changed')).closest('tr') as HTMLElement;
  expect(within(row).getByText('ours is worse')).toBeInTheDocument();
  expect(within(row).getByText('Severity')).toBeInTheDocument();
});
