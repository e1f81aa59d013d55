import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { alertDetail, alertSummary } from '../../test/samples.ts';
import { pivotAddress } from './pivot.ts';

const WRITES = {
  'PATCH /alerts/:id': ({ body }: { body: { status?: 'OPEN' | 'TRIAGED' | 'CLOSED' | 'RESOLVED' | undefined } }) =>
    alertSummary({ status: body.status ?? 'OPEN' }),
  'POST /alerts/:id/resend': { queued: 1 },
  'POST /alerts/:id/comments': {
    id: 'c2',
    author: { id: 'u1', name: 'Ada Example' },
    body: 'x',
    createdAt: '2026-01-02T03:04:05.000Z',
  },
};

test('it says what matched, why its events are one alert, and what to do', async () => {
  renderApp('/alerts/a1');
  expect(await screen.findByRole('heading', { level: 1, name: /Root user signed in/ })).toBeInTheDocument();
  expect(screen.getByText(/3 matching events with the deduplication string/)).toHaveTextContent('123456789012');
  expect(await screen.findByText(/within 1 h of the first one/)).toBeInTheDocument();
  expect(await screen.findByText(/Ask the owner of the account/)).toBeInTheDocument();
});

test('markup in an event is text', async () => {
  const { user } = renderApp('/alerts/a1');
  await user.click(await screen.findByRole('button', { name: /additionalEventData/ }));
  expect(screen.getByText(/<script>alert\(1\)<\/script>/)).toBeInTheDocument();
});

test('the status is changed', async () => {
  const { api, user } = renderApp('/alerts/a1', { answers: WRITES });
  await user.click(await screen.findByRole('button', { name: 'Status: Open. Change' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Closed' }));
  await waitFor(() =>
    expect(api.callsOf('PATCH /alerts/:id')[0]).toMatchObject({ params: { id: 'a1' }, body: { status: 'CLOSED' } }),
  );
  expect(await screen.findByText('Status set to closed.')).toBeInTheDocument();
});

test('a failed delivery shows every attempt and is sent again', async () => {
  const { api, user } = renderApp('/alerts/a1', { answers: WRITES });
  const card = (await screen.findByRole('heading', { name: 'Deliveries' })).closest('section') as HTMLElement;
  expect(within(card).getByText(/HTTP 503 in 412 ms – service unavailable/)).toBeInTheDocument();
  expect(within(card).getByText(/no answer in 10 s/)).toBeInTheDocument();
  await user.click(within(card).getAllByRole('button', { name: 'Send again' })[1] as HTMLElement);
  await waitFor(() => expect(api.callsOf('POST /alerts/:id/resend')[0]?.body).toEqual({ destinationIds: ['d2'] }));
});

test('a comment is written', async () => {
  const { api, user } = renderApp('/alerts/a1', { answers: WRITES });
  await user.type(await screen.findByRole('textbox', { name: 'Comment' }), 'False alarm');
  await user.click(screen.getByRole('button', { name: 'Comment' }));
  await waitFor(() => expect(api.callsOf('POST /alerts/:id/comments')[0]?.body).toEqual({ body: 'False alarm' }));
  await waitFor(() => expect(screen.getByRole('textbox', { name: 'Comment' })).toHaveValue(''));
});

test('those who may only read change nothing', async () => {
  renderApp('/alerts/a1', { role: 'read-only' });
  await screen.findByRole('heading', { level: 1, name: /Root user signed in/ });
  expect(screen.queryByRole('button', { name: /Status/ })).not.toBeInTheDocument();
  expect(screen.queryByRole('button', { name: /Send/ })).not.toBeInTheDocument();
  expect(screen.queryByRole('textbox')).not.toBeInTheDocument();
});

test('an error alert says that the rule failed', async () => {
  renderApp('/alerts/a5', {
    answers: { 'GET /alerts/:id': alertDetail({ type: 'RULE_ERROR', dedup: 'KeyError', eventCount: 2 }) },
  });
  expect(await screen.findByText(/The rule failed on 2 events/)).toHaveTextContent('KeyError');
});

const EVENT = { p_log_type: 'AWS.CloudTrail', p_any_ip_addresses: ['198.51.100.7'], p_any_emails: ['a@example.com'] };
const sqlOf = (address: string) => new URL(address, 'http://x').searchParams.get('sql') ?? '';

test('an indicator is searched for in every log type', () => {
  expect(sqlOf(pivotAddress('198.51.100.7', 'sourceIPAddress', EVENT))).toContain(
    "list_contains(p_any_ip_addresses, '198.51.100.7')",
  );
});

test('another value is searched for in its own table, with its quotes doubled', () => {
  const sql = sqlOf(pivotAddress("O'Neil", 'userIdentity.user-name', EVENT));
  expect(sql).toContain('FROM panther_logs.aws_cloudtrail');
  expect(sql).toContain(`WHERE userIdentity."user-name" = 'O''Neil'`);
});
