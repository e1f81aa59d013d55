import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Refusal } from '../../test/fake-api.ts';
import { renderApp } from '../../test/render-app.tsx';
import { detectionDetail, replay, replayResult } from '../../test/samples.ts';
import { rangeOf } from './replay-range.ts';

const PAGE = '/detections/AWS.Console.RootLogin?tab=replay';

test('a range is days back, or whole days of choice that are not in the future', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  expect(rangeOf('7', { from: '', to: '' }, now)).toEqual({
    from: '2026-03-03T12:00:00.000Z',
    to: '2026-03-10T12:00:00.000Z',
  });
  expect(rangeOf('custom', { from: '2026-03-01', to: '2026-03-02' }, now)).toEqual({
    from: '2026-03-01T00:00:00.000Z',
    to: '2026-03-03T00:00:00.000Z',
  });
  expect(rangeOf('custom', { from: '2026-03-10', to: '2026-03-10' }, now)?.to).toBe('2026-03-10T12:00:00.000Z');
  expect(rangeOf('custom', { from: '2026-03-02', to: '2026-03-01' }, now)).toBeUndefined();
  expect(rangeOf('custom', { from: '', to: '' }, now)).toBeUndefined();
});

test('a replay is started, shows how far it is, and then its alerts', async () => {
  let asked = 0;
  const running = replay({
    id: 'r9',
    state: 'running',
    result: null,
    progress: { events: 1_000, done: 250, matches: 3 },
  });
  const { api, user } = renderApp(PAGE, {
    answers: {
      'GET /replays': { items: [] },
      'POST /replays': running,
      'GET /replays/:id': () => (asked++ === 0 ? running : replay({ id: 'r9' })),
    },
  });
  expect(await screen.findByText('No replay yet')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Replay' }));
  expect(await screen.findByText('250 of 1,000 events, 3 matches so far')).toBeInTheDocument();
  expect(await screen.findByText('5 alerts there would have been')).toBeInTheDocument();
  expect(api.callsOf('POST /replays')[0]?.body).toMatchObject({ detectionId: 'AWS.Console.RootLogin' });
  expect(screen.getByText('A better dedup string')).toBeInTheDocument();
  expect(screen.getByText('root_login.py, line 12, in title')).toBeInTheDocument();
});

test('a replay is stopped', async () => {
  const running = replay({ state: 'running', result: null, progress: { events: 10, done: 1, matches: 0 } });
  const { api, user } = renderApp(PAGE, {
    answers: {
      'GET /replays/:id': running,
      'POST /replays/:id/cancel': () => {
        api.answer({ 'GET /replays/:id': replay({ state: 'cancelled', result: null }) });
        return replay({ state: 'cancelled', result: null });
      },
    },
  });
  await user.click(await screen.findByRole('button', { name: 'Stop' }));
  expect(await screen.findByText('The replay was stopped')).toBeInTheDocument();
});

test('what is refused is told beside the form', async () => {
  const { user } = renderApp(PAGE, {
    answers: { 'POST /replays': new Refusal(409, 'conflict', 'Two replays run already.') },
  });
  await user.click(await screen.findByRole('button', { name: 'Replay' }));
  expect(await screen.findByText('Two replays run already.')).toBeInTheDocument();
});

test('quiet detections say so, and a disabled one can be enabled from the result', async () => {
  const quiet = replayResult({
    alertCount: 0,
    alerts: [],
    matches: 0,
    dedups: [],
    samples: [],
    failures: [],
    suggestion: null,
  });
  const { api, user } = renderApp(PAGE, {
    answers: {
      'GET /replays/:id': replay({ result: quiet }),
      'GET /detections/:id': detectionDetail({ enabled: false }),
    },
  });
  expect(await screen.findByText('It would have been quiet')).toBeInTheDocument();
  const [, after] = screen.getAllByRole('switch', { name: 'Enabled' });
  if (after === undefined) throw new Error('there is no switch beside the result');
  await user.click(after);
  await waitFor(() => expect(api.callsOf('PATCH /detections/:id')[0]?.body).toEqual({ enabled: true }));
});

test('readers see the last replay, but start none', async () => {
  renderApp(PAGE, { role: 'read-only' });
  expect(await screen.findByText('5 alerts there would have been')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Replay' })).not.toBeInTheDocument();
});
