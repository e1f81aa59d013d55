/** Every route that the console reads, answered with samples. */
import { type Answers, Refusal } from './fake-api.ts';
import * as samples from './samples.ts';

export function sampleAnswers(role: 'admin' | 'analyst' | 'read-only' = 'admin'): Answers {
  return {
    'GET /session': samples.session(role),
    'GET /setup': { required: false },
    'DELETE /session': undefined,
    'GET /overview': () => samples.overview(),
    'GET /alerts': ({ query }) => {
      const all = [...samples.ALERTS, ...samples.manyAlerts(40)];
      const wanted = (name: string, value: string) => !query.has(name) || query.getAll(name).includes(value);
      const items = all.filter((alert) => wanted('status', alert.status) && wanted('severity', alert.severity));
      return { items: items.slice(0, Number(query.get('limit') ?? 50)), nextCursor: null, total: items.length };
    },
    'GET /alerts/:id': ({ params }) => samples.alertDetail({ id: params.id ?? '' }),
    'GET /alerts/:id/events': {
      items: [samples.cloudTrailEvent(0), samples.cloudTrailEvent(1), samples.cloudTrailEvent(2)],
      nextCursor: null,
    },
    'GET /users': { items: [...samples.USERS] },
    'GET /tokens': {
      items: [
        {
          id: 't1',
          name: 'Terraform',
          role: 'admin',
          createdBy: 'u1',
          createdAt: samples.ago(9_000),
          expiresAt: null,
          lastUsedAt: samples.ago(30),
          revokedAt: null,
        },
        {
          id: 't2',
          name: 'Old script',
          role: 'read-only',
          createdBy: 'u1',
          createdAt: samples.ago(90_000),
          expiresAt: null,
          lastUsedAt: null,
          revokedAt: samples.ago(200),
        },
      ],
    },
    'GET /settings': { organizationName: 'Example Corp', consoleUrl: '' },
    'GET /audit': { items: [...samples.AUDIT], nextCursor: null },
    'GET /log-types': { items: [...samples.LOG_TYPES] },
    'GET /source-types': { items: [...samples.SOURCE_TYPES] },
    'GET /sources': { items: [...samples.SOURCES] },
    'GET /sources/:id': ({ params }) =>
      samples.SOURCES.find(({ id }) => id === params.id) ??
      new Refusal(404, 'not-found', `There is no source ${params.id}.`),
    'GET /sources/:id/kept': ({ query }) => ({
      items: samples.KEPT.filter(({ kind }) => kind === query.get('kind')),
      nextCursor: null,
    }),
    'GET /detections': { items: [...samples.DETECTIONS], nextCursor: null, total: samples.DETECTIONS.length },
    'GET /detections/:id': ({ params }) => samples.detectionDetail({ id: params.id ?? '' }),
    'GET /detections/:id/overrides': samples.OVERRIDES,
    'PUT /detections/:id/overrides': samples.detectionSummary(),
    'GET /detections/:id/changes': { items: [...samples.DETECTION_CHANGES] },
    'GET /packs': { items: [...samples.PACKS] },
    'GET /packs/:name': ({ params }) => {
      const pack = samples.PACKS.find(({ name }) => name === params.name);
      if (pack === undefined) return new Refusal(404, 'not-found', `there is no pack ${params.name}`);
      const item = {
        type: 'rule',
        severity: 'HIGH' as const,
        enabled: true,
        isSwitched: false,
        overridden: ['Severity'],
      };
      return { ...pack, items: [{ ...item, id: 'Team.Login', displayName: 'Sign-in of the team' }] };
    },
    'GET /packs/:name/revisions': { items: [...samples.PACK_REVISIONS] },
    'POST /packs/:name/preview': ({ params }) => samples.packPlan({ name: params.name ?? '' }),
    'PUT /packs/:name': { revision: 4, added: 1, changed: 1, removed: 0, problems: [] },
    'POST /packs/:name/roll-back/preview': samples.packPlan(),
    'POST /packs/:name/roll-back': { revision: 4, added: 0, changed: 1, removed: 0, problems: [] },
    'DELETE /packs/:name': undefined,
    'POST /detections/:id/test': {
      passed: 1,
      failed: 1,
      results: [
        {
          name: 'Root signs in',
          passed: true,
          expectedResult: true,
          actualResult: true,
          error: null,
          outputs: { title: 'Root user signed in', dedup: '123456789012' },
          output: '',
          durationMs: 0.4,
        },
        {
          name: 'A user signs in',
          passed: false,
          expectedResult: false,
          actualResult: null,
          error: "KeyError: 'sourceIPAddress'\n  line 12, in title",
          outputs: {},
          output: '',
          durationMs: 0.3,
        },
      ],
    },
    'PATCH /detections/:id': ({ params, body }) =>
      samples.detectionSummary({ id: params.id ?? '', enabled: body.enabled }),
    'GET /detections/:id/source': samples.detectionSource(),
    'GET /detections/:id/versions': { items: [...samples.VERSIONS] },
    'GET /detections/:id/versions/:version': ({ params }) =>
      samples.detectionSource({
        version: params.version ?? '',
        ...(params.version === samples.VERSIONS[0]?.version ? {} : { body: 'def rule(event):\n    return True\n' }),
      }),
    'POST /detection-drafts/check': samples.draftCheck(),
    'POST /detection-drafts/test': {
      passed: 1,
      failed: 1,
      results: [
        {
          name: 'Root signs in',
          passed: true,
          expectedResult: true,
          actualResult: true,
          error: null,
          outputs: { title: 'Root user signed in' },
          output: '',
          durationMs: 0.4,
        },
        {
          name: 'A user signs in',
          passed: false,
          expectedResult: false,
          actualResult: true,
          error: null,
          outputs: {},
          output: 'the user is Alice\n',
          durationMs: 0.3,
        },
      ],
    },
    'GET /detection-drafts/events': { items: [samples.cloudTrailEvent(0), samples.cloudTrailEvent(1)] },
    'POST /detection-drafts/run-on-event': samples.draftRun(),
    'PUT /detections/:id': ({ params }) => samples.detectionSummary({ id: params.id ?? '', version: 'saved1' }),
    'GET /exceptions': {
      items: [
        samples.exception(),
        samples.exception({
          id: 'x2',
          conditions: [{ KeyPath: 'userIdentity.arn', Condition: 'Equals', Value: 'arn:aws:iam::123456789012:root' }],
          hiddenCount: 0,
          lastHiddenAt: null,
          isStale: true,
          forceReason: 'the account is closed',
        }),
      ],
    },
    'POST /exceptions/check': { issues: [], hides: [], checked: { tests: 2, alerts: 4, events: 40 } },
    'POST /exceptions/suggest': {
      detectionId: 'AWS.Console.RootLogin',
      events: 3,
      otherEvents: 40,
      suggestions: [
        {
          field: 'sourceIPAddress',
          value: '192.0.2.7',
          conditions: [{ KeyPath: 'sourceIPAddress', Condition: 'Equals', Value: '192.0.2.7' }],
          elsewhere: 0.05,
          hiddenTests: [],
        },
        {
          field: 'eventName',
          value: 'ConsoleLogin',
          conditions: [{ KeyPath: 'eventName', Condition: 'Equals', Value: 'ConsoleLogin' }],
          elsewhere: 1,
          hiddenTests: ['Root signs in'],
        },
      ],
    },
    'POST /exceptions': samples.exception(),
    'GET /replays': { items: [samples.replay({ result: null })] },
    'GET /replays/:id': samples.replay(),
    'GET /schedules': { items: [...samples.SCHEDULES] },
    'GET /schedules/:id/runs': {
      items: [
        samples.scheduledRun({ id: 'run2', cause: 'user', truncated: true }),
        samples.scheduledRun(),
        samples.scheduledRun({ id: 'run0', state: 'failed', error: 'Binder Error: no such column', attempts: 3 }),
      ],
      nextCursor: null,
    },
    'POST /schedules/:id/runs': { runId: 'run3' },
    'GET /lookup-tables': { items: [...samples.LOOKUP_TABLES] },
    'POST /lookup-tables/:id/refresh': undefined,
    'GET /destination-types': { items: [...samples.DESTINATION_TYPES] },
    'GET /destinations': {
      items: [
        samples.destination(),
        samples.destination({
          id: 'd2',
          name: 'Ticket system',
          severities: ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'],
          last24Hours: { delivered: 3, failed: 9 },
        }),
      ],
    },
    'GET /destinations/:id': ({ params }) => samples.destination({ id: params.id ?? '' }),
    'POST /destinations/:id/test': { success: true, statusCode: 200, message: '', durationMs: 81 },
    'GET /query/schema': samples.LAKE,
    'POST /query': ({ body }) =>
      body.sql.includes('broken')
        ? new Refusal(400, 'invalid', 'Table with name broken does not exist!\n\nLINE 2: FROM broken\n             ^')
        : samples.queryResult(),
    'GET /system': samples.SYSTEM,
    'GET /queues/:name/dead-letters': {
      items: [
        {
          id: 'm1',
          body: '{"alertId":"a4","destinationId":"d2"}',
          attributes: {},
          receiveCount: 5,
          sentAt: samples.ago(20),
          lastError: 'Ticket system answered 503 service unavailable',
        },
      ],
    },
    'GET /metrics': {
      items: [
        { name: 'EventsProcessed', unit: 'count', dimensions: { LogType: 'AWS.CloudTrail' } },
        { name: 'DeliveryLatency', unit: 'ms', dimensions: {} },
      ],
    },
    'GET /metrics/query': ({ query }) => {
      const toMs = Date.parse(query.get('to') ?? '');
      const periodMs = Number(query.get('periodMs'));
      const points = Array.from({ length: 58 }, (_, index) => ({
        at: new Date(toMs - (58 - index) * periodMs).toISOString(),
        value: 400 + 300 * Math.sin(index / 6),
      }));
      return {
        items: [
          { dimensions: { LogType: 'AWS.CloudTrail' }, points },
          {
            dimensions: { LogType: 'Okta.SystemLog' },
            points: points.map(({ at, value }) => ({ at, value: value / 3 })),
          },
        ],
      };
    },
  };
}
