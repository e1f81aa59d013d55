import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from '../../test/fake-api.ts';
import { renderApp } from '../../test/render-app.tsx';
import * as samples from '../../test/samples.ts';

test('every source shows its health, counts and last event', async () => {
  renderApp('/sources');
  const row = (await screen.findByRole('link', { name: 'Firewalls' })).closest('tr') as HTMLElement;
  expect(within(row).getByText('Unhealthy')).toBeInTheDocument();
  expect(within(row).getByText(/address is already in use/)).toBeInTheDocument();
  expect(within(row).getByText('941,227')).toBeInTheDocument();
  expect(within(row).getByText('18,223')).toBeInTheDocument();
});

test('only an administrator adds sources', async () => {
  renderApp('/sources', { role: 'analyst', answers: { 'GET /sources': { items: [] } } });
  expect(await screen.findByText(/An administrator can add one/)).toBeInTheDocument();
  expect(screen.queryByRole('link', { name: 'Add source' })).not.toBeInTheDocument();
});

const CREATED = samples.source({ id: 's9', name: 'Okta push', type: 'http', endpoint: '/api/v1/ingest/Okta%20push' });

async function fillHttpSource(user: ReturnType<typeof renderApp>['user']) {
  await user.click(await screen.findByRole('button', { name: /^HTTP/ }));
  await user.type(await screen.findByLabelText('Name'), 'Okta push');
  await user.click(screen.getByLabelText('Log types: Choose log types'));
  await user.type(await screen.findByPlaceholderText('Search…'), 'okta');
  await user.click(await screen.findByRole('option', { name: 'Okta.SystemLog' }));
  await user.keyboard('{Escape}');
  await user.click(screen.getByRole('button', { name: 'Add source' }));
}

test('an HTTP source is added; its token and a ready command are shown once', async () => {
  const { api, user } = renderApp('/sources/new', {
    answers: { 'POST /sources': { source: CREATED, generatedSecrets: { token: 'secret-token-1' } } },
  });
  await fillHttpSource(user);
  expect(await screen.findByText(/never shows it again/)).toBeInTheDocument();
  expect(screen.getByText('secret-token-1')).toBeInTheDocument();
  expect(screen.getByText(/^curl/)).toHaveTextContent(/ingest\/Okta%20push.*Authorization: Bearer secret-token-1/);
  expect(api.callsOf('POST /sources')[0]?.body).toEqual({
    name: 'Okta push',
    type: 'http',
    logTypes: ['Okta.SystemLog'],
    config: {},
  });
});

test('what the API refuses is said at its field, and nothing typed is lost', async () => {
  const { user } = renderApp('/sources/new', {
    answers: { 'POST /sources': new Refusal(409, 'conflict', 'There is a source named Okta push.', 'name') },
  });
  await fillHttpSource(user);
  expect(await screen.findByText('There is a source named Okta push.')).toBeInTheDocument();
  expect(screen.getByLabelText('Name')).toHaveValue('Okta push');
});

test('quarantined records show file, line, offset, reason and the record as text; they are processed again', async () => {
  const { api, user } = renderApp('/sources/s1', {
    answers: { 'POST /sources/:id/reprocess': { objects: 1, records: 211 } },
  });
  expect(await screen.findByText(/eventTime is missing/)).toBeInTheDocument();
  expect(screen.getByText(/2026-01-02\.json\.gz, line 1,205, offset 1,611,002/)).toBeInTheDocument();
  expect(screen.getByText(/<img src=x onerror=alert\(1\)>/)).toBeInTheDocument();
  expect(document.querySelector('img')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Process again' }));
  await waitFor(() => expect(api.callsOf('POST /sources/:id/reprocess')).toHaveLength(1));
  expect(await screen.findByText('211 records on the way through the pipeline again.')).toBeInTheDocument();
});

test('rejected records are on a tab of their own, which the address names', async () => {
  const { user, addressOf } = renderApp('/sources/s1');
  await user.click(await screen.findByRole('tab', { name: 'Rejected (3)' }));
  expect(addressOf()).toBe('/sources/s1?tab=rejected');
  expect(await screen.findByText('No rejected records')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Process again' })).not.toBeInTheDocument();
});

test('deleting asks first', async () => {
  const { api, user, addressOf } = renderApp('/sources/s1', { answers: { 'DELETE /sources/:id': undefined } });
  await user.click(await screen.findByRole('button', { name: 'Delete' }));
  await user.click(await screen.findByRole('button', { name: 'Cancel' }));
  expect(api.callsOf('DELETE /sources/:id')).toHaveLength(0);
  await user.click(screen.getByRole('button', { name: 'Delete' }));
  await user.click(await screen.findByRole('button', { name: 'Delete source' }));
  await waitFor(() => expect(addressOf()).toBe('/sources'));
});

test('the configuration is saved; a stored secret stays unless it is typed', async () => {
  const { api, user } = renderApp('/sources/s2?tab=configuration', {
    answers: { 'PATCH /sources/:id': samples.source() },
  });
  const name = await screen.findByLabelText('Name');
  await user.clear(name);
  await user.type(name, 'Okta');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() =>
    expect(api.callsOf('PATCH /sources/:id')[0]?.body).toEqual({
      name: 'Okta',
      logTypes: ['Okta.SystemLog'],
      config: { maxBodyBytes: 10_485_760 },
    }),
  );
});
