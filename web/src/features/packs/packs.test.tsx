import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from '../../test/fake-api.ts';
import { renderApp } from '../../test/render-app.tsx';
import { packPlan } from '../../test/samples.ts';
import { packNameFrom, sourceText } from './pack-names.ts';

const INSTALL = '/detections/packs/install';

test('names of packs and places are short', () => {
  expect(packNameFrom('https://git.example.com/security/our rules.git')).toBe('our-rules');
  expect(packNameFrom('detections-main.zip')).toBe('detections-main');
  const source = { url: 'https://h.example/a/b.git', ref: 'v1', folder: 'rules', commit: '1a2b3c4d5e' };
  expect(sourceText(source)).toBe('h.example/a/b/rules at v1 (1a2b3c4)');
  expect(sourceText({ ...source, ref: null, folder: '' })).toBe('h.example/a/b (1a2b3c4)');
});

test('packs say where they come from and what is other here', async () => {
  renderApp('/detections/packs');
  const row = (await screen.findByRole('link', { name: 'team-rules' })).closest('tr') as HTMLElement;
  expect(within(row).getByText('1 overridden')).toBeInTheDocument();
  expect(within(row).getByText('1 switched')).toBeInTheDocument();
  expect(within(row).getByText('git.example.com/security/rules at main (1a2b3c4)')).toBeInTheDocument();
});

async function chooseZip(user: ReturnType<typeof renderApp>['user'], name = 'team rules.zip') {
  await user.upload(await screen.findByLabelText('Zip of detections'), new File(['zip'], name));
  await user.click(screen.getByRole('button', { name: 'Show the difference' }));
}

test('a zip: its difference, then the installation of just that', async () => {
  const { api, user } = renderApp(INSTALL);
  await chooseZip(user);
  expect(await screen.findByText('1 added, 1 changed, 0 removed, 1 unchanged')).toBeInTheDocument();
  expect(screen.getByText('Severity stays "Critical"; the pack has "High"')).toBeInTheDocument();
  await user.type(screen.getByRole('textbox', { name: /Note/ }), 'as agreed');
  await user.click(screen.getByRole('button', { name: 'Install' }));
  await waitFor(() => expect(api.callsOf('PUT /packs/:name')).toHaveLength(1));
  const [call] = api.callsOf('PUT /packs/:name');
  expect(call?.params.name).toBe('team-rules');
  expect(call?.body).toEqual({
    content: { kind: 'zip', base64: btoa('zip') },
    expectedRevision: 3,
    note: 'as agreed',
    isPartial: false,
  });
  expect(await screen.findByRole('heading', { name: 'team-rules' })).toBeInTheDocument();
});

test('need 24: errors have file and line, and are left out only when that is wanted', async () => {
  const problem = {
    severity: 'error',
    file: 'rules/a.yml',
    line: 4,
    field: 'Severity',
    message: '"x" is none',
  } as const;
  const { api, user } = renderApp(INSTALL, {
    answers: { 'POST /packs/:name/preview': packPlan({ problems: [problem] }) },
  });
  await chooseZip(user);
  expect(await screen.findByText('rules/a.yml:4')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Install' })).toBeDisabled();
  await user.click(screen.getByRole('checkbox', { name: /without errors/ }));
  await user.click(screen.getByRole('button', { name: 'Install' }));
  await waitFor(() => expect(api.callsOf('PUT /packs/:name')[0]?.body).toMatchObject({ isPartial: true }));
});

test('leaving out what is wrong is said anew for other content', async () => {
  const problem = { severity: 'error', file: 'a.yml', line: 1, field: '', message: 'wrong' } as const;
  const { api, user } = renderApp(INSTALL, {
    answers: { 'POST /packs/:name/preview': packPlan({ problems: [problem] }) },
  });
  await chooseZip(user);
  await user.click(await screen.findByRole('checkbox', { name: /without errors/ }));
  api.answer({ 'POST /packs/:name/preview': packPlan() });
  await chooseZip(user);
  await user.click(await screen.findByRole('button', { name: 'Install' }));
  await waitFor(() => expect(api.callsOf('PUT /packs/:name')[0]?.body).toMatchObject({ isPartial: false }));
});

test('from git what was looked at is installed, whatever is committed meanwhile', async () => {
  const { api, user } = renderApp(`${INSTALL}?name=team-rules`, {
    answers: { 'POST /packs/:name/preview': packPlan({ commit: 'c0ffee' }) },
  });
  expect(await screen.findByRole('textbox', { name: 'Repository' })).toHaveValue(
    'https://git.example.com/security/rules.git',
  );
  await user.click(screen.getByRole('button', { name: 'Show the difference' }));
  await user.click(await screen.findByRole('button', { name: 'Install' }));
  await waitFor(() => expect(api.callsOf('PUT /packs/:name')).toHaveLength(1));
  expect(api.callsOf('POST /packs/:name/preview')[0]?.body).toMatchObject({ content: { ref: 'main' } });
  expect(api.callsOf('PUT /packs/:name')[0]?.body).toMatchObject({ content: { ref: 'c0ffee' }, note: 'main' });
});

test('what the server refuses is said', async () => {
  const { user } = renderApp(INSTALL, {
    answers: { 'POST /packs/:name/preview': new Refusal(400, 'invalid', 'this is no zip', 'content') },
  });
  await chooseZip(user);
  expect(await screen.findByText('this is no zip')).toBeInTheDocument();
});

test('a pack goes back to a revision after a look at the difference', async () => {
  const { api, user } = renderApp('/detections/packs/team-rules');
  await user.click(await screen.findByRole('button', { name: 'Go back to revision 1' }));
  expect(await screen.findByText('Team.New')).toBeInTheDocument();
  await user.type(screen.getByRole('textbox', { name: /Note/ }), 'too loud');
  await user.click(screen.getAllByRole('button', { name: 'Go back to revision 1' }).at(-1) as HTMLElement);
  await waitFor(() =>
    expect(api.callsOf('POST /packs/:name/roll-back')[0]?.body).toEqual({
      revision: 1,
      expectedRevision: 3,
      note: 'too loud',
    }),
  );
});

test('what comes with Panther cannot be uninstalled', async () => {
  renderApp('/detections/packs/panther-starter');
  expect(await screen.findByText(/comes with Panther/)).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Uninstall' })).toBeNull();
});

test('readers see packs, and install none', async () => {
  renderApp('/detections/packs', { role: 'read-only' });
  expect(await screen.findByText('team-rules')).toBeInTheDocument();
  expect(screen.queryByRole('link', { name: 'Install a pack' })).toBeNull();
});
