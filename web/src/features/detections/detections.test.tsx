import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { detectionDetail, detectionSummary } from '../../test/samples.ts';

test('a detection is turned off in the list', async () => {
  const { api, user } = renderApp('/detections', {
    answers: { 'PATCH /detections/:id': detectionSummary({ enabled: false }) },
  });
  await user.click(await screen.findByRole('switch', { name: 'Enable AWS root console sign-in' }));
  await waitFor(() =>
    expect(api.callsOf('PATCH /detections/:id')[0]).toMatchObject({
      params: { id: 'AWS.Console.RootLogin' },
      body: { enabled: false },
    }),
  );
  expect(await screen.findByText('AWS root console sign-in is disabled.')).toBeInTheDocument();
});

test('the filter is in the address', async () => {
  const { api } = renderApp('/detections?language=sigma&enabled=false&severity=HIGH&sort=matches');
  await screen.findByRole('link', { name: 'CloudTrail stopped' });
  expect(api.callsOf('GET /detections')[0]?.query).toMatchObject({
    language: ['sigma'],
    enabled: ['false'],
    severity: ['HIGH'],
    sort: ['matches'],
    direction: ['descending'],
  });
});

test('those who may only read see the state, not a switch', async () => {
  renderApp('/detections', { role: 'read-only' });
  await screen.findByRole('link', { name: 'CloudTrail stopped' });
  expect(screen.queryByRole('switch')).not.toBeInTheDocument();
  expect(screen.getAllByText('Disabled')).toHaveLength(1);
});

test('the page of a detection shows its code and when it is run', async () => {
  renderApp('/detections/AWS.Console.RootLogin');
  expect(await screen.findByText(/userIdentity.type = "Root"/)).toBeInTheDocument();
  expect((await screen.findByLabelText('Code of the detection')).textContent).toContain('def rule(event):');
});

const QUERY = {
  type: 'saved_query',
  body: '',
  spec: { Query: 'SELECT 1\nFROM panther_logs.public.aws_cloudtrail' },
} as const;

test('what the lake makes of a query opens in the search', async () => {
  const query = { sql: 'SELECT 1\nFROM panther_logs.aws_cloudtrail', error: '' };
  renderApp('/detections/x', { answers: { 'GET /detections/:id': detectionDetail({ ...QUERY, tests: [], query }) } });
  const link = await screen.findByRole('link', { name: 'Open in Search' });
  expect(link).toHaveAttribute('href', expect.stringContaining(encodeURIComponent(query.sql)));
});

test('a query that cannot be run says why', async () => {
  const query = { sql: null, error: 'the query is written in PantherFlow: SQL can be run' };
  renderApp('/detections/x', { answers: { 'GET /detections/:id': detectionDetail({ ...QUERY, tests: [], query }) } });
  expect(await screen.findByText(/It cannot be run: the query is written in PantherFlow/)).toBeInTheDocument();
  expect(screen.queryByRole('link', { name: 'Open in Search' })).toBeNull();
});

test('a detection without a condition is run on every event', async () => {
  renderApp('/detections/x', { answers: { 'GET /detections/:id': detectionDetail({ condition: null, body: '' }) } });
  expect(await screen.findByText('On every event of AWS.CloudTrail.')).toBeInTheDocument();
  expect(screen.queryByRole('tab', { name: 'Code' })).not.toBeInTheDocument();
});

test('its tests are run, with results and errors', async () => {
  const { user } = renderApp('/detections/AWS.Console.RootLogin?tab=tests');
  await user.click(await screen.findByRole('button', { name: 'Run tests' }));
  expect(await screen.findByText('1 passed, 1 failed')).toBeInTheDocument();
  expect(screen.getByText(/line 12, in title/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: /Root signs in/ }));
  expect(screen.getByText('What the alert would say')).toBeInTheDocument();
});

test('its alerts of every status are one link away', async () => {
  renderApp('/detections/AWS.Console.RootLogin?tab=activity');
  expect(await screen.findByRole('link', { name: 'All of its alerts' })).toHaveAttribute(
    'href',
    '/alerts?ruleId=AWS.Console.RootLogin&status=ANY',
  );
});

test('chosen detections are switched together, and what fails is told', async () => {
  const { api, user } = renderApp('/detections', {
    answers: {
      'POST /detections/bulk': {
        changed: 1,
        results: [
          { id: 'Okta.BruteForce', ok: false, reason: 'there is no such detection' },
          { id: 'AWS.IAM.NewUser', ok: true, reason: '' },
        ],
      },
    },
  });
  await user.click(await screen.findByRole('checkbox', { name: 'Choose Okta brute force' }));
  await user.click(screen.getByRole('checkbox', { name: 'Choose New IAM user' }));
  const bulk = screen.getByRole('region', { name: 'Chosen detections' });
  expect(within(bulk).getByText('2 detections chosen')).toBeInTheDocument();
  await user.click(within(bulk).getByRole('button', { name: 'Disable' }));
  expect(await screen.findByText('1 detection disabled.')).toBeInTheDocument();
  const failure = '1 failed, the first: Okta.BruteForce: there is no such detection';
  expect(screen.getAllByText(failure)).not.toHaveLength(0);
  expect(api.callsOf('POST /detections/bulk')[0]?.body).toEqual({
    ids: ['Okta.BruteForce', 'AWS.IAM.NewUser'],
    action: 'disable',
  });
});

test('what Panther has switched off says why, and is enabled again', async () => {
  const fault = { reason: 'failed on 100 events in a row: KeyError', at: new Date().toISOString() };
  const { api, user } = renderApp('/detections/x', {
    answers: { 'GET /detections/:id': detectionDetail({ id: 'x', enabled: false, fault }) },
  });
  expect(await screen.findByText(/failed on 100 events in a row/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Enable again' }));
  await waitFor(() => expect(api.callsOf('PATCH /detections/:id')[0]?.body).toEqual({ enabled: true }));
});

test('the list is filtered by report and by fault from the address', async () => {
  const { api, user } = renderApp('/detections?report=T1078&enabled=faulty');
  await screen.findByRole('link', { name: 'CloudTrail stopped' });
  expect(api.callsOf('GET /detections')[0]?.query).toMatchObject({ report: ['T1078'], faulty: ['true'] });
  await user.click(screen.getByRole('button', { name: 'Remove the filter T1078' }));
  await waitFor(() => expect(api.callsOf('GET /detections').at(-1)?.query.report).toBeUndefined());
});

test('a tag for many at once', async () => {
  const { api, user } = renderApp('/detections', {
    answers: {
      'POST /detections/bulk': ({ body }) => ({
        changed: body.ids.length,
        results: body.ids.map((id) => ({ id, ok: true, reason: '' })),
      }),
    },
  });
  await user.click((await screen.findAllByRole('checkbox', { name: /^Choose / }))[1] as HTMLElement);
  const bulk = screen.getByRole('region', { name: 'Chosen detections' });
  expect(within(bulk).getByRole('button', { name: 'Add tag' })).toBeDisabled();
  await user.type(within(bulk).getByRole('textbox', { name: 'Tag' }), ' ours ');
  await user.click(within(bulk).getByRole('button', { name: 'Add tag' }));
  expect(await screen.findByText('1 detection tagged.')).toBeInTheDocument();
  expect(api.callsOf('POST /detections/bulk')[0]?.body).toMatchObject({ action: 'add-tag', tag: 'ours' });
});
