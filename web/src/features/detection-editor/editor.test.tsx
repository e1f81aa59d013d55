import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';
import { Refusal } from '../../test/fake-api.ts';
import { renderApp } from '../../test/render-app.tsx';
import { detectionSource, detectionSummary, draftCheck, draftRun } from '../../test/samples.ts';
import { idIn, logTypesIn } from './draft.ts';
import { templateOf } from './templates.ts';

const PAGE = '/detections/AWS.Console.RootLogin/edit';
const KEY = 'panther.draft.AWS.Console.RootLogin';

beforeEach(() => sessionStorage.clear());

/** A draft that was left unsaved: jsdom has no editing in contenteditable. */
function leaveUnsaved(body: string): void {
  const { yaml, body: saved } = detectionSource();
  sessionStorage.setItem(KEY, JSON.stringify({ yaml, body, base: { yaml, body: saved } }));
}

test('log types and id are read from specifications in both styles, also half-written ones', () => {
  expect(logTypesIn('RuleID: "A.B"\nLogTypes:\n  - AWS.CloudTrail\n  - \'Okta.SystemLog\'\nSeverity: H')).toEqual([
    'AWS.CloudTrail',
    'Okta.SystemLog',
  ]);
  expect(logTypesIn('LogTypes: [A.B, "C.D"]')).toEqual(['A.B', 'C.D']);
  expect(logTypesIn('LogTypes:\n  -')).toEqual([]);
  expect(idIn('RuleID: "A.B"')).toBe('A.B');
  expect(idIn('title: x')).toBe('');
});

test.each(['python', 'typescript', 'yaml', 'sigma'] as const)(
  'the template for %s names what was chosen',
  (language) => {
    const { yaml, body } = templateOf({ language, id: 'Company.Test', logType: 'AWS.CloudTrail' });
    expect(yaml).toContain(language === 'sigma' ? 'service: cloudtrail' : 'RuleID: Company.Test');
    expect(body === '').toBe(language === 'yaml' || language === 'sigma');
  },
);

test('the editor shows both files, the condition, and what is wrong with its line', async () => {
  const message = { severity: 'error' as const, file: 'body' as const, line: 2, message: "SyntaxError: expected ':'" };
  renderApp(PAGE, { answers: { 'POST /detection-drafts/check': draftCheck({ messages: [message] }) } });
  const code = await screen.findByRole('region', { name: 'Code' });
  expect((await within(code).findByRole('textbox', { name: 'Code' })).textContent).toContain('def rule(event):');
  expect(await screen.findByText("SyntaxError: expected ':'")).toBeInTheDocument();
  expect(within(code).getByText('1 error')).toBeInTheDocument();
  expect(screen.getByText(/userIdentity.type = "Root"/)).toBeInTheDocument();
});

test('Ctrl+Enter runs the tests and compares expected with actual', async () => {
  const { api } = renderApp(PAGE);
  const editor = await screen.findByRole('textbox', { name: 'Code' });
  fireEvent.keyDown(editor, { key: 'Enter', code: 'Enter', ctrlKey: true });
  expect(await screen.findByText('Tests (1 passed, 1 failed)')).toBeInTheDocument();
  expect(screen.getByText('expected: no match')).toBeInTheDocument();
  expect(screen.getByText('actual: match')).toBeInTheDocument();
  expect(screen.getByText('the user is Alice')).toBeInTheDocument();
  expect(api.callsOf('POST /detection-drafts/test')[0]?.body).toMatchObject({ yaml: detectionSource().yaml });
});

test('a draft is run on an event of the lake, and the event becomes a test of the specification', async () => {
  const { api, user } = renderApp(PAGE);
  await user.click(await screen.findByRole('tab', { name: 'Run on an event' }));
  await user.click(await screen.findByRole('combobox', { name: 'Where the event is from' }));
  await user.click(await screen.findByRole('option', { name: 'new ones of AWS.CloudTrail' }));
  const events = await screen.findByRole('list', { name: 'Events' });
  await user.click(within(events).getAllByRole('button')[0] as HTMLElement);
  const event = screen.getByRole('textbox', { name: 'Event, as JSON' });
  expect(event).toHaveTextContent('"eventName": "ConsoleLogin"');
  fireEvent.keyDown(event, { key: 'Enter', ctrlKey: true });
  expect(await screen.findByText('Security on call (by severity)')).toBeInTheDocument();
  expect(screen.getByText('the type is Root')).toBeInTheDocument();
  expect(screen.getByText('An alert needs 3 matches within 60 minutes.')).toBeInTheDocument();
  expect(api.callsOf('POST /detection-drafts/run-on-event')[0]?.body).toMatchObject({ yaml: detectionSource().yaml });
  await user.click(screen.getByRole('button', { name: 'Save as test' }));
  expect(await screen.findByText('The test “Root user signed in” is in the specification.')).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => {
    const saved = api.callsOf('PUT /detections/:id')[0]?.body as { readonly yaml: string };
    expect(saved.yaml).toContain('- Name: "Root user signed in"');
    expect(saved.yaml.startsWith(detectionSource().yaml.trimEnd())).toBe(true);
  });
});

test('what is no event is told, and a detection that fails leads to its line', async () => {
  const error = { message: "KeyError: 'x': root.py, line 2, in rule", line: 2 };
  const { api, user } = renderApp(PAGE, {
    answers: { 'POST /detection-drafts/run-on-event': draftRun({ matched: null, match: null, error }) },
  });
  await user.click(await screen.findByRole('tab', { name: 'Run on an event' }));
  const event = screen.getByRole('textbox', { name: 'Event, as JSON' });
  fireEvent.change(event, { target: { value: '[1]' } });
  await user.click(screen.getByRole('button', { name: 'Run on the event' }));
  expect(await screen.findByText('An event is one JSON object, in braces.')).toBeInTheDocument();
  expect(api.callsOf('POST /detection-drafts/run-on-event')).toHaveLength(0);
  fireEvent.change(event, { target: { value: '{"a":1}' } });
  await user.click(screen.getByRole('button', { name: 'Run on the event' }));
  await user.click(await screen.findByRole('button', { name: 'Go to line 2' }));
  expect(screen.getByRole('textbox', { name: 'Code' })).toHaveFocus();
});

test('what was left unsaved is back; Ctrl+S saves it against the version it began with', async () => {
  leaveUnsaved('def rule(event):\n    return False\n');
  const { api } = renderApp(PAGE);
  expect(await screen.findByText('Changes that were not saved are back.')).toBeInTheDocument();
  fireEvent.keyDown(document.body, { key: 's', ctrlKey: true });
  await waitFor(() =>
    expect(api.callsOf('PUT /detections/:id')[0]?.body).toMatchObject({
      body: 'def rule(event):\n    return False\n',
      expectedVersion: '4f2a91c0d1e2f3a4',
    }),
  );
  await waitFor(() => expect(sessionStorage.getItem(KEY)).toBeNull());
});

test('a draft of something that was saved meanwhile is not mixed with it', async () => {
  leaveUnsaved('old');
  renderApp(PAGE, { answers: { 'GET /detections/:id/source': detectionSource({ body: 'def rule(event): pass' }) } });
  expect(await screen.findByRole('textbox', { name: 'Code' })).toHaveTextContent('def rule(event): pass');
  expect(screen.queryByText('Changes that were not saved are back.')).not.toBeInTheDocument();
});

test('a link asks before it leaves what is not saved', async () => {
  leaveUnsaved('changed');
  const { user, addressOf } = renderApp(PAGE);
  await screen.findByText('Changes that were not saved are back.');
  await user.click(screen.getByRole('link', { name: 'Sources' }));
  const question = await screen.findByRole('alertdialog', { name: 'Leave without saving?' });
  expect(addressOf()).toBe(PAGE);
  await user.click(within(question).getByRole('button', { name: 'Leave' }));
  await waitFor(() => expect(addressOf()).toBe('/sources'));
});

test('what is refused is told, and the changes stay', async () => {
  leaveUnsaved('changed');
  renderApp(PAGE, { answers: { 'PUT /detections/:id': new Refusal(409, 'conflict', 'It has been saved meanwhile.') } });
  await screen.findByText('Changes that were not saved are back.');
  fireEvent.keyDown(document.body, { key: 's', ctrlKey: true });
  expect(await screen.findByText('It has been saved meanwhile.')).toBeInTheDocument();
  expect(sessionStorage.getItem(KEY)).not.toBeNull();
});

test('a new detection begins with a template and is saved under the id of its specification', async () => {
  const { api, user, addressOf } = renderApp('/detections/new', {
    answers: { 'PUT /detections/:id': detectionSummary({ id: 'Company.Test' }) },
  });
  await user.type(await screen.findByRole('textbox', { name: 'Id' }), 'Company.Test');
  await user.click(screen.getByRole('button', { name: 'Open the editor' }));
  await screen.findByRole('textbox', { name: 'Code' });
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(addressOf()).toBe('/detections/Company.Test/edit'));
  expect(api.callsOf('PUT /detections/:id')[0]).toMatchObject({
    params: { id: 'Company.Test' },
    body: { expectedVersion: null },
  });
});

test('those who may only read are not given an editor', async () => {
  renderApp(PAGE, { role: 'read-only' });
  expect(await screen.findByText('Your role may not edit detections')).toBeInTheDocument();
});
