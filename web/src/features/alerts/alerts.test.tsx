import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { ALERTS } from '../../test/samples.ts';

const THREE = { 'GET /alerts': { items: ALERTS.slice(0, 3), nextCursor: null, total: 3 } };
const BULK = { 'POST /alerts/bulk': { updated: 2, missing: [] } };
const askedOf = (api: ReturnType<typeof renderApp>['api']) =>
  api.callsOf('GET /alerts').filter(({ query }) => query.limit?.[0] === '50');

test('open and triaged alerts are shown unless the address says otherwise', async () => {
  const { api } = renderApp('/alerts', { answers: THREE });
  await screen.findByRole('link', { name: /Root user/ });
  expect(askedOf(api)[0]?.query).toMatchObject({ status: ['OPEN', 'TRIAGED'], sort: ['createdAt'] });
});

test('the filter is in the address, and the address is the filter', async () => {
  const { api, user, addressOf } = renderApp(
    '/alerts?status=CLOSED&severity=HIGH&severity=LOW&text=root&ruleId=AWS.X&events=10',
    { answers: THREE },
  );
  await screen.findByRole('link', { name: /Root user/ });
  expect(askedOf(api)[0]?.query).toMatchObject({
    status: ['CLOSED'],
    severity: ['HIGH', 'LOW'],
    text: ['root'],
    ruleId: ['AWS.X'],
    eventCountMin: ['10'],
  });
  await user.click(screen.getByRole('button', { name: 'Reset' }));
  expect(addressOf()).toBe('/alerts');
});

test('a severity is chosen in the list', async () => {
  const { api, user, addressOf } = renderApp('/alerts', { answers: THREE });
  await screen.findByRole('link', { name: /Root user/ });
  await user.click(screen.getByLabelText('Severity: any'));
  await user.click(await screen.findByRole('option', { name: 'Critical' }));
  await waitFor(() => expect(addressOf()).toBe('/alerts?severity=CRITICAL'));
  await waitFor(() => expect(askedOf(api).at(-1)?.query.severity).toEqual(['CRITICAL']));
});

test('no status at all is a choice of its own', async () => {
  const { api } = renderApp('/alerts?status=ANY', { answers: THREE });
  await screen.findByRole('link', { name: /Root user/ });
  expect(askedOf(api)[0]?.query.status).toBeUndefined();
});

test('chosen alerts get a status together', async () => {
  const { api, user } = renderApp('/alerts', { answers: { ...THREE, ...BULK } });
  await user.click(await screen.findByRole('checkbox', { name: /Root user/ }));
  await user.click(screen.getByRole('checkbox', { name: /CloudTrail logging/ }));
  await user.click(screen.getByRole('button', { name: /Set status/ }));
  await user.click(await screen.findByRole('menuitem', { name: 'Resolved' }));
  await waitFor(() =>
    expect(api.callsOf('POST /alerts/bulk')[0]?.body).toEqual({ ids: ['a2', 'a1'], status: 'RESOLVED' }),
  );
  expect(await screen.findByText('2 alerts set to resolved.')).toBeInTheDocument();
  expect(screen.queryByText('2 alerts chosen')).not.toBeInTheDocument();
});

test('j and k walk, x chooses, Enter opens', async () => {
  const { user, addressOf } = renderApp('/alerts', { answers: THREE });
  await screen.findByRole('link', { name: /Root user/ });
  await user.keyboard('jj');
  expect(document.activeElement).toHaveTextContent(/Root user/);
  await user.keyboard('x');
  expect(screen.getByRole('checkbox', { name: /Root user/ })).toBeChecked();
  await user.keyboard('k');
  expect(document.activeElement).toHaveTextContent(/CloudTrail logging/);
  await user.keyboard('{Enter}');
  await waitFor(() => expect(addressOf()).toBe('/alerts/a2'));
});

test('typing j in the search does not walk', async () => {
  const { user } = renderApp('/alerts', { answers: THREE });
  await screen.findByRole('link', { name: /Root user/ });
  const search = screen.getByRole('searchbox', { name: 'Search alerts' });
  await user.type(search, 'jx');
  expect(search).toHaveValue('jx');
  expect(document.activeElement).toBe(search);
});

test('the next page is asked for with the cursor of the one before', async () => {
  const { api, user } = renderApp('/alerts', {
    answers: {
      'GET /alerts': ({ query }) =>
        query.get('cursor') === 'c2'
          ? { items: ALERTS.slice(2, 4), nextCursor: null, total: 4 }
          : { items: ALERTS.slice(0, 2), nextCursor: 'c2', total: 4 },
    },
  });
  await user.click(await screen.findByRole('button', { name: 'Show more' }));
  expect(await screen.findByRole('link', { name: /SSH sign-in/ })).toBeInTheDocument();
  expect(screen.getByRole('link', { name: /Root user/ })).toBeInTheDocument();
  expect(askedOf(api).at(-1)?.query.cursor).toEqual(['c2']);
});

test('those who may only read see no check boxes and no menus', async () => {
  renderApp('/alerts', { answers: THREE, role: 'read-only' });
  const row = (await screen.findByRole('link', { name: /Root user/ })).closest('tr') as HTMLElement;
  expect(within(row).queryByRole('checkbox')).not.toBeInTheDocument();
  expect(within(row).queryByRole('button')).not.toBeInTheDocument();
  expect(within(row).getByText('Open')).toBeInTheDocument();
});

test('an empty list says whether the filter hides something', async () => {
  const none = { 'GET /alerts': { items: [], nextCursor: null, total: 0 } };
  const { user } = renderApp('/alerts?severity=LOW', { answers: none });
  expect(await screen.findByText('No alert matches the filter')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Reset the filter' }));
  expect(await screen.findByText('Nothing to triage')).toBeInTheDocument();
});
