import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { detectionSummary } from '../../test/samples.ts';
import { countTechniques, coverageMatrix, mappingsOf } from './matrix.ts';

const quiet = { events: 0, candidates: 0, matches: 0, errors: 0, micros: 0 };

function mapped(ids: readonly string[], part: Parameters<typeof detectionSummary>[0] = {}) {
  return detectionSummary({ reports: { 'MITRE ATT&CK': [...ids] }, ...part });
}

function techniqueOf(tactic: string, id: string, detections: Parameters<typeof coverageMatrix>[0]) {
  return coverageMatrix(detections)
    .find((column) => column.id === tactic)
    ?.techniques.find((technique) => technique.id === id);
}

test('reports are read with and without a tactic; other frameworks and nonsense are left out', () => {
  expect(mappingsOf(mapped(['TA0001:T1078.004', 't1110', 'n/a']))).toEqual([
    { tactic: 'TA0001', technique: 'T1078.004' },
    { tactic: undefined, technique: 'T1110' },
  ]);
  expect(mappingsOf({ reports: { CIS: ['3.1'] } })).toEqual([]);
});

test('a sub-technique counts for its technique, under its tactic only', () => {
  const detections = [mapped(['TA0001:T1078.004'])];
  expect(techniqueOf('TA0001', 'T1078', detections)).toMatchObject({
    coverage: 'active',
    enabled: 1,
    subTechniques: { covered: 1, total: 4 },
  });
  expect(techniqueOf('TA0003', 'T1078', detections)).toMatchObject({ coverage: 'none' });
});

test('what is enabled without events, or disabled, is not called covered', () => {
  expect(techniqueOf('TA0006', 'T1110', [mapped(['T1110'], { last7Days: quiet })])?.coverage).toBe('silent');
  expect(techniqueOf('TA0006', 'T1110', [mapped(['T1110'], { enabled: false })])?.coverage).toBe('disabled');
  const scheduled = mapped(['T1110'], { last7Days: quiet, type: 'scheduled_rule' });
  expect(techniqueOf('TA0006', 'T1110', [scheduled])?.coverage).toBe('active');
});

test('a technique of several tactics is counted once', () => {
  const counts = countTechniques(coverageMatrix([mapped(['TA0001:T1078', 'TA0003:T1078'])]));
  expect(counts).toMatchObject({ active: 1, silent: 0, disabled: 0 });
});

test('a technique leads to its detections in the list', async () => {
  const { user, api } = renderApp('/detections/coverage');
  const tactic = await screen.findByRole('region', { name: 'Initial Access' });
  await user.click(within(tactic).getByRole('link', { name: /Valid Accounts/ }));
  await screen.findByRole('heading', { name: 'Detections', level: 1 });
  await screen.findByRole('link', { name: 'CloudTrail stopped' });
  expect(api.callsOf('GET /detections').at(-1)?.query).toMatchObject({ report: ['T1078'] });
});

test('the matrix is read page by page and cut to a log type', async () => {
  const { api } = renderApp('/detections/coverage?logType=Okta.SystemLog&show=mapped', {
    answers: {
      'GET /detections': ({ query }) =>
        query.get('cursor') === null
          ? { items: [mapped(['TA0001:T1078'])], nextCursor: 'c1', total: 2 }
          : {
              items: [mapped(['TA0006:T1110'], { id: 'x', logTypes: ['Okta.SystemLog'] })],
              nextCursor: null,
              total: 2,
            },
    },
  });
  expect(await screen.findByRole('link', { name: /Brute Force/ })).toBeInTheDocument();
  expect(screen.queryByRole('link', { name: /Valid Accounts/ })).not.toBeInTheDocument();
  expect(api.callsOf('GET /detections')).toHaveLength(2);
});
