/** Running drafts of detections on events: what is taken, and what the audit log keeps of it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, startTestApi, type TestApi } from '../../../test/support/test-api.ts';
import { UserError } from '../../core/errors.ts';

let t: TestApi;
let analyst: Client;
const given: string[] = [];

before(async () => {
  t = await startTestApi();
  const plain = t.deps.detections.runDraft;
  Object.assign(t.deps.detections, {
    runDraft: async (draft: { yaml: string; body: string }, eventJson: string) => {
      given.push(eventJson);
      if (eventJson === '[]') throw new UserError('an event is one JSON object', { field: 'event' });
      return plain(draft, eventJson);
    },
  });
  analyst = await t.as('analyst');
});
after(() => t.close());

const run = (event: unknown) =>
  analyst.send('POST', '/api/v1/detection-drafts/run-on-event', { body: { yaml: 'RuleID: A', body: '', event } });

test('an event is an object, or a text whose long numbers keep their digits', async () => {
  assert.equal((await run({ user: 'alice' })).status, 200);
  assert.equal((await run('{"id": 12345678901234567890}')).status, 200);
  assert.deepEqual(given.splice(0), ['{"user":"alice"}', '{"id": 12345678901234567890}']);
});

test('what is no event is refused with its field', async () => {
  assert.equal((await run(7)).json.error.field, 'event');
  const answer = await run('[]');
  assert.deepEqual([answer.status, answer.json.error.field], [400, 'event']);
});

test('events stay out of the audit log', async () => {
  await run({ user: 'somebody-private' });
  const rows = await t.deps.state.db.selectFrom('audit_log').select(['action', 'details']).execute();
  const own = rows.filter(({ action }) => action === 'detection-draft.run');
  assert.ok(own.length > 0);
  for (const { details } of own) assert.doesNotMatch(details, /somebody-private/);
});

test('events to try are listed by log type', async () => {
  const { json } = await analyst.send('GET', '/api/v1/detection-drafts/events?logType=Test.Log');
  assert.deepEqual(json.items, [{ p_log_type: 'Test.Log' }]);
  assert.equal((await analyst.send('GET', '/api/v1/detection-drafts/events')).status, 400);
});
