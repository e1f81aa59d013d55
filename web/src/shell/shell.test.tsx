import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from '../test/fake-api.ts';
import { renderApp } from '../test/render-app.tsx';

test('the theme is chosen in the menu and kept', async () => {
  const { user } = renderApp('/sources');
  await user.click(await screen.findByRole('button', { name: /Ada Example/ }));
  await user.click(await screen.findByRole('menuitem', { name: /^Dark/ }));
  expect(document.documentElement.dataset.theme).toBe('dark');
  expect(localStorage.getItem('panther.theme')).toBe('dark');
  await user.click(screen.getByRole('button', { name: /Ada Example/ }));
  await user.click(await screen.findByRole('menuitem', { name: /system/ }));
  expect(document.documentElement.dataset.theme).toBeUndefined();
  expect(localStorage.getItem('panther.theme')).toBeNull();
});

test('Ctrl+K goes to a detection by its name', async () => {
  const { user, addressOf } = renderApp('/sources');
  await screen.findByRole('heading', { name: 'Sources' });
  await user.keyboard('{Control>}k{/Control}');
  await user.type(await screen.findByRole('combobox', { name: /Search pages/ }), 'brute');
  await user.click(await screen.findByRole('option', { name: /Okta brute force/ }));
  await waitFor(() => expect(addressOf()).toBe('/detections/Okta.BruteForce'));
});

test('the first thing the keyboard reaches skips to the content', async () => {
  const { user } = renderApp('/sources');
  await screen.findByRole('heading', { name: 'Sources' });
  await user.tab();
  expect(document.activeElement).toHaveTextContent('Skip to content');
  expect(document.activeElement).toHaveAttribute('href', '#content');
});

test('an unknown address says so', async () => {
  renderApp('/nowhere');
  expect(await screen.findByText('There is nothing at this address')).toBeInTheDocument();
});

test('what cannot be loaded says why, and can be tried again', async () => {
  const { api, user } = renderApp('/sources', {
    answers: { 'GET /sources': new Refusal(403, 'forbidden', 'Your role may not see this.') },
  });
  expect(await screen.findByText('Your role may not see this.')).toBeInTheDocument();
  api.answer({ 'GET /sources': { items: [] } });
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('No source yet')).toBeInTheDocument();
});
