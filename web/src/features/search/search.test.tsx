import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '../../test/render-app.tsx';
import { LAKE, queryResult } from '../../test/samples.ts';
import { columnsOf } from './column-completion.ts';
import { exampleQueries } from './examples.ts';
import { problemOf } from './problem.ts';
import { readHistory, remember } from './query-history.ts';
import { cellText, columnWidth, sortRows } from './result-cells.ts';

test('an example is run; the result says how many rows in what time, and that there are more', async () => {
  const { api, user, addressOf } = renderApp('/search');
  await user.click(await screen.findByRole('button', { name: /Newest events of every log type/ }));
  expect(await screen.findByText('500 rows')).toBeInTheDocument();
  expect(screen.getByText(/There are more rows/)).toBeInTheDocument();
  expect(api.callsOf('POST /query').map(({ body }) => body)).toEqual([expect.objectContaining({ maxRows: 1_000 })]);
  expect(addressOf()).toContain('/search?sql=SELECT');
  expect(readHistory()[0]?.sql).toContain('panther_views.all_logs');
});

test('a query in the address is run when the page opens, once', async () => {
  const { api } = renderApp('/search?sql=SELECT%201');
  expect(await screen.findByText('500 rows')).toBeInTheDocument();
  expect(api.callsOf('POST /query').map(({ body }) => body)).toEqual([{ sql: 'SELECT 1', maxRows: 1_000 }]);
});

test('an error is shown as the engine says it', async () => {
  renderApp('/search?sql=SELECT%20*%0AFROM%20broken');
  expect(await screen.findByRole('alert')).toHaveTextContent('Table with name broken does not exist!');
});

test('the tables of the lake are listed, and start a query', async () => {
  const { user } = renderApp('/search');
  await user.click(await screen.findByRole('button', { name: 'Use panther_logs.okta_systemlog' }));
  await waitFor(() =>
    expect(screen.getByRole('textbox', { name: 'SQL query' })).toHaveTextContent('FROM panther_logs.okta_systemlog'),
  );
});

test('examples are for tables that are there', () => {
  expect(exampleQueries(LAKE).some(({ sql }) => sql.includes('panther_logs.aws_cloudtrail'))).toBe(true);
  expect(exampleQueries({ databases: [] }).every(({ sql }) => !sql.includes('panther_logs.'))).toBe(true);
});

test('the history keeps each query once, the newest first, and bears what others store there', () => {
  remember('SELECT 1', '2026-01-01T00:00:00.000Z');
  remember('SELECT 2', '2026-01-02T00:00:00.000Z');
  expect(remember('SELECT 1', '2026-01-03T00:00:00.000Z').map(({ sql }) => sql)).toEqual(['SELECT 1', 'SELECT 2']);
  localStorage.setItem('panther.queries', '{broken');
  expect(readHistory()).toEqual([]);
});

const SQL = 'SELECT x,\n  nonsense\nFROM panther_logs.t';

test.each([
  ['at line 2, column 3: unknown column', 'nonsense'],
  ['Binder Error: not found\n\nLINE 2:   nonsense\n          ^', 'nonsense'],
  ['Referenced column "nonsense" not found', 'nonsense'],
])('the place of “%s” is found', (message, word) => {
  const problem = problemOf(message, SQL);
  expect(SQL.slice(problem?.from, problem?.to)).toBe(word);
});

test('an error without a place has none', () => {
  expect(problemOf('The query took longer than 60 s.', SQL)).toBeUndefined();
});

test('rows are sorted by number where the column is one; nulls are last', () => {
  const result = {
    ...queryResult(0),
    columns: [{ name: 'n', type: 'BIGINT' }],
    rows: [['10'], [null], ['9'], ['100']],
  };
  expect(sortRows(result, { column: 0, direction: 'ascending' })).toEqual([2, 0, 3, 1]);
  expect(sortRows(result, { column: 0, direction: 'descending' })).toEqual([3, 0, 2, 1]);
  expect(sortRows(result, undefined)).toEqual([0, 1, 2, 3]);
});

test('cells are text; columns have a least and a most width', () => {
  expect([cellText(null), cellText({ a: 1 }), cellText(false)]).toEqual(['', '{"a":1}', 'false']);
  const wide = { ...queryResult(0), columns: [{ name: 'n', type: 'VARCHAR' }], rows: [['x'.repeat(5_000)]] };
  expect(columnWidth(wide, 0)).toBe(420);
});

test('the columns of the tables that a query names are completed, each once', () => {
  const sql = 'SELECT x FROM panther_logs.aws_cloudtrail JOIN panther_logs.okta_systemlog USING (p_event_time)';
  const labels = columnsOf(sql, LAKE).map(({ label }) => label);
  expect(labels).toEqual(['eventName', 'sourceIPAddress', 'p_event_time', 'p_any_ip_addresses', 'eventType']);
  expect(columnsOf('SELECT 1 FROM panther_logs.unknown', LAKE)).toEqual([]);
});

test('a column whose name needs quotes gets them', () => {
  const columns = [{ name: 'user-agent', type: 'VARCHAR' }];
  const schema = { databases: [{ name: 'panther_logs', tables: [{ name: 't', logType: 'T', columns }] }] };
  expect(columnsOf('FROM panther_logs.t', schema)[0]).toMatchObject({ label: 'user-agent', apply: '"user-agent"' });
});
