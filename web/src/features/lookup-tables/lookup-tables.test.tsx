import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { LOOKUP_TABLES } from '../../test/samples.ts';

test('lookup tables show their data and why it could not be fetched', async () => {
  renderApp('/detections/lookup-tables');
  expect(await screen.findByText('https://assets.example.com/owners.json answered 503')).toBeInTheDocument();
  expect(screen.getByText('1,204')).toBeInTheDocument();
});

test('a file replaces the data of a table', async () => {
  const [first] = LOOKUP_TABLES;
  if (first === undefined) throw new Error('no sample');
  const { api, user } = renderApp('/detections/lookup-tables', { answers: { 'PUT /lookup-tables/:id/data': first } });
  const input = await screen.findByLabelText('Data of tor_exit_nodes', { selector: 'input' });
  await user.upload(input, new File(['ip\n192.0.2.1\n'], 'nodes.csv', { type: 'text/csv' }));
  await waitFor(() => expect(api.callsOf('PUT /lookup-tables/:id/data')).toHaveLength(1));
  expect(api.callsOf('PUT /lookup-tables/:id/data')[0]?.body).toEqual({
    fileName: 'nodes.csv',
    data: btoa('ip\n192.0.2.1\n'),
  });
});

test('a table is fetched again', async () => {
  const { api, user } = renderApp('/detections/lookup-tables');
  await user.click(await screen.findByRole('button', { name: 'Refresh asset_owners' }));
  await waitFor(() => expect(api.callsOf('POST /lookup-tables/:id/refresh')).toHaveLength(1));
});
