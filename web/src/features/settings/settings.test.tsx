import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { ago, USERS } from '../../test/samples.ts';

test('a user is invited; the link is shown once', async () => {
  const user3 = USERS[2] as (typeof USERS)[number];
  const invitation = { token: 'tok', path: '/invitation?token=tok', expiresAt: ago(-1_440) };
  const { api, user } = renderApp('/settings/users', { answers: { 'POST /users': { user: user3, invitation } } });
  await user.click(await screen.findByRole('button', { name: 'Invite a user' }));
  await user.type(await screen.findByLabelText('Name'), 'Carol Reader');
  await user.type(screen.getByLabelText('E-mail address'), 'carol@example.com');
  await user.click(screen.getByRole('button', { name: 'Create the invitation' }));
  expect(await screen.findByText(/\/invitation\?token=tok$/)).toBeInTheDocument();
  expect(api.callsOf('POST /users')[0]?.body).toEqual({
    name: 'Carol Reader',
    email: 'carol@example.com',
    role: 'analyst',
  });
});

test('nobody changes or deletes themselves', async () => {
  renderApp('/settings/users');
  await screen.findByText('Ada Example (you)');
  expect(screen.queryByRole('button', { name: 'Actions for Ada Example' })).not.toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Actions for Bob Builder' })).toBeInTheDocument();
});

test('a token has at most the own role, and is shown once', async () => {
  const token = {
    id: 't9',
    name: 'CI',
    role: 'read-only' as const,
    createdBy: 'u1',
    createdAt: ago(0),
    expiresAt: ago(-9_000),
    lastUsedAt: null,
    revokedAt: null,
  };
  const { api, user } = renderApp('/settings/tokens', {
    role: 'analyst',
    answers: { 'POST /tokens': { token, secret: 'pat_once' } },
  });
  await user.click(await screen.findByRole('button', { name: 'Create a token' }));
  await user.click(await screen.findByRole('combobox', { name: 'Role' }));
  expect((await screen.findAllByRole('option')).map(({ textContent }) => textContent)).toEqual([
    'Read-only',
    'Analyst',
  ]);
  await user.keyboard('{Escape}');
  await user.type(screen.getByLabelText('Name'), 'CI');
  await user.click(screen.getByRole('button', { name: 'Create' }));
  expect(await screen.findByText('pat_once')).toBeInTheDocument();
  expect(api.callsOf('POST /tokens')[0]?.body).toEqual({ name: 'CI', role: 'read-only', expiresInDays: 90 });
});

test('a token is revoked after asking; a revoked one is only history', async () => {
  const { api, user } = renderApp('/settings/tokens', { answers: { 'DELETE /tokens/:id': undefined } });
  await user.click(await screen.findByRole('button', { name: 'Revoke Terraform' }));
  expect(screen.queryByRole('button', { name: 'Revoke Old script' })).not.toBeInTheDocument();
  await user.click(await screen.findByRole('button', { name: 'Revoke token' }));
  await waitFor(() => expect(api.callsOf('DELETE /tokens/:id')[0]?.params).toEqual({ id: 't1' }));
});

test('the audit log is for administrators', async () => {
  renderApp('/settings/audit', { role: 'analyst' });
  expect(await screen.findByRole('tab', { name: 'General', selected: true })).toBeInTheDocument();
  expect(screen.queryByRole('tab', { name: 'Audit log' })).not.toBeInTheDocument();
});

test('the audit log shows who did what from where, with its result', async () => {
  renderApp('/settings/audit');
  expect(await screen.findByText('source.create')).toBeInTheDocument();
  expect(screen.getByText('203.0.113.9')).toBeInTheDocument();
  expect(screen.getByText('401')).toBeInTheDocument();
});

test('the settings are saved', async () => {
  const { api, user } = renderApp('/settings', {
    answers: { 'PATCH /settings': { organizationName: 'New', consoleUrl: '' } },
  });
  const name = await screen.findByLabelText('Name of the organisation');
  await user.clear(name);
  await user.type(name, 'New');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() =>
    expect(api.callsOf('PATCH /settings')[0]?.body).toEqual({ organizationName: 'New', consoleUrl: '' }),
  );
});

test('the own password is changed', async () => {
  const { api, user } = renderApp('/settings/profile', { answers: { 'PUT /session/password': undefined } });
  await user.type(await screen.findByLabelText('Current password'), 'old one');
  await user.type(screen.getByLabelText('New password'), 'a brand new password');
  await user.type(screen.getByLabelText('New password again'), 'a brand new password');
  await user.click(screen.getByRole('button', { name: 'Change the password' }));
  await waitFor(() =>
    expect(api.callsOf('PUT /session/password')[0]?.body).toEqual({
      currentPassword: 'old one',
      newPassword: 'a brand new password',
    }),
  );
  expect(await screen.findByText(/The password is changed/)).toBeInTheDocument();
});
