import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from '../../test/fake-api.ts';
import { renderApp } from '../../test/render-app.tsx';
import * as samples from '../../test/samples.ts';

const NOBODY = { 'GET /session': new Refusal(401, 'unauthenticated', 'Sign in first.') };
const PASSWORD = 'correct horse battery staple';

test('a guest signs in and is where they wanted to go', async () => {
  const { api, user, addressOf } = renderApp('/alerts?severity=HIGH', {
    answers: { ...NOBODY, 'POST /session': samples.session() },
  });
  await user.type(await screen.findByLabelText('E-mail address'), ' ada@example.com');
  await user.type(screen.getByLabelText('Password'), PASSWORD);
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByRole('heading', { name: 'Alerts' })).toBeInTheDocument();
  expect(addressOf()).toBe('/alerts?severity=HIGH');
  expect(api.callsOf('POST /session')[0]?.body).toEqual({ email: 'ada@example.com', password: PASSWORD });
});

test('a wrong password is said, and the form stays', async () => {
  const { user } = renderApp('/', {
    answers: {
      ...NOBODY,
      'POST /session': new Refusal(401, 'unauthenticated', 'E-mail address or password is wrong.'),
    },
  });
  await user.type(await screen.findByLabelText('E-mail address'), 'ada@example.com');
  await user.type(screen.getByLabelText('Password'), 'wrong');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('E-mail address or password is wrong.');
});

test('before the first administrator exists, the sign-in page says where the link is', async () => {
  renderApp('/', { answers: { ...NOBODY, 'GET /setup': { required: true } } });
  expect(await screen.findByText(/one-time link/)).toBeInTheDocument();
  expect(screen.queryByLabelText('Password')).not.toBeInTheDocument();
});

test('the set-up link makes the first administrator and signs in', async () => {
  const { api, user, addressOf } = renderApp('/setup?token=once', {
    answers: { ...NOBODY, 'GET /setup': { required: true }, 'POST /setup': samples.session() },
  });
  await user.type(await screen.findByLabelText('Your name'), 'Ada Example');
  await user.type(screen.getByLabelText('E-mail address'), 'ada@example.com');
  await user.type(screen.getByLabelText('Password'), PASSWORD);
  await user.type(screen.getByLabelText('Password again'), PASSWORD);
  await user.click(screen.getByRole('button', { name: /Create account/ }));
  expect(await screen.findByRole('heading', { name: 'Overview' })).toBeInTheDocument();
  expect(addressOf()).toBe('/');
  expect(api.callsOf('POST /setup')[0]?.body).toEqual({
    token: 'once',
    name: 'Ada Example',
    email: 'ada@example.com',
    password: PASSWORD,
  });
});

test.each([
  ['short', 'short', /at least 12 characters/],
  [PASSWORD, 'something else entirely', /not the same/],
])('the password %s, repeated as %s, is not sent', async (password, repeated, problem) => {
  const { api, user } = renderApp('/setup?token=once', { answers: { ...NOBODY, 'GET /setup': { required: true } } });
  await user.type(await screen.findByLabelText('Your name'), 'Ada');
  await user.type(screen.getByLabelText('E-mail address'), 'ada@example.com');
  await user.type(screen.getByLabelText('Password'), password);
  await user.type(screen.getByLabelText('Password again'), repeated);
  await user.click(screen.getByRole('button', { name: /Create account/ }));
  expect((await screen.findAllByText(problem)).length).toBeGreaterThan(0);
  expect(api.callsOf('POST /setup')).toHaveLength(0);
});

test('a used set-up link says so', async () => {
  renderApp('/setup?token=once', { answers: NOBODY });
  expect(await screen.findByText('Panther is set up')).toBeInTheDocument();
});

test('an invited user sets a password', async () => {
  const { api, user } = renderApp('/invitation?token=inv', {
    answers: {
      ...NOBODY,
      'POST /invitations/check': { email: 'carol@example.com', name: 'Carol', expiresAt: samples.ago(-60) },
      'POST /invitations/accept': samples.session('read-only'),
    },
  });
  expect(await screen.findByText('For carol@example.com')).toBeInTheDocument();
  await user.type(screen.getByLabelText('Password'), PASSWORD);
  await user.type(screen.getByLabelText('Password again'), PASSWORD);
  await user.click(screen.getByRole('button', { name: /Set password/ }));
  expect(await screen.findByRole('heading', { name: 'Overview' })).toBeInTheDocument();
  expect(api.callsOf('POST /invitations/accept')[0]?.body).toEqual({ token: 'inv', name: 'Carol', password: PASSWORD });
});

test('a dead invitation says what to do', async () => {
  renderApp('/invitation?token=old', {
    answers: { ...NOBODY, 'POST /invitations/check': new Refusal(404, 'not-found', 'The link has expired.') },
  });
  expect(await screen.findByText('The link has expired.')).toBeInTheDocument();
});

test('a session that ends leads to the sign-in page, and back', async () => {
  const { api, user } = renderApp('/sources');
  await screen.findByRole('link', { name: 'Okta push' });
  api.answer({
    'GET /session': NOBODY['GET /session'],
    'GET /detections': new Refusal(401, 'unauthenticated', 'The session has ended.'),
  });
  await user.click(screen.getByRole('link', { name: 'Detections' }));
  expect(await screen.findByRole('button', { name: 'Sign in' })).toBeInTheDocument();
});

test('signing out forgets what was read', async () => {
  const { api, user } = renderApp('/sources');
  await screen.findByRole('link', { name: 'Okta push' });
  api.answer({ 'GET /session': NOBODY['GET /session'] });
  await user.click(screen.getByRole('button', { name: /Ada Example/ }));
  await user.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
  await waitFor(() => expect(screen.getByRole('button', { name: 'Sign in' })).toBeInTheDocument());
  expect(api.callsOf('DELETE /session')[0]?.headers.get('x-csrf-token')).toBe('csrf-1');
  expect(screen.queryByText('Okta push')).not.toBeInTheDocument();
});
