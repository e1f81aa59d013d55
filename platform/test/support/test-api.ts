/** An API over real embedded stores in a temporary folder, with the parts of other domains replaced by small ones. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { openKeyFileSecrets } from '../../src/adapters/embedded/key-file-secrets.ts';
import { openSqliteQueue } from '../../src/adapters/embedded/sqlite-queue.ts';
import { openSqliteState } from '../../src/adapters/embedded/sqlite-state.ts';
import { type Api, createApi } from '../../src/api/api.ts';
import { ensureFirstAdministrator } from '../../src/api/auth/invitations.ts';
import type { Role } from '../../src/api/contract/route.ts';
import type { ApiDeps, ApiOptions } from '../../src/api/deps.ts';
import { secret } from '../../src/core/unit-config.ts';

export const PASSWORD = 'correct horse battery';

export interface TestApi {
  readonly api: Api;
  readonly deps: ApiDeps;
  readonly dir: string;
  /** Moves the clock. */
  advance(ms: number): void;
  /** Signs in as a user with the role, making the user first. */
  as(role: Role): Promise<Client>;
  /** A client without credentials. */
  readonly anonymous: Client;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly json: any;
  readonly text: string;
}

/** Sends requests as the console does; `headers` replace what it would send (empty text: leave it out). */
export interface Client {
  readonly cookie: string;
  readonly csrf: string;
  readonly userId: string;
  send(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; ip?: string },
  ): Promise<Answer>;
}

export async function startTestApi(
  overrides: Partial<ApiDeps> = {},
  options: Partial<ApiOptions> = {},
): Promise<TestApi> {
  const dir = await mkdtemp(join(tmpdir(), 'panther-api-'));
  const state = openSqliteState(join(dir, 'state.db'));
  await state.migrate();
  let now = Date.parse('2026-03-01T12:00:00.000Z');
  const clock = { now: () => new Date(now) };
  const queue = await openSqliteQueue({ path: join(dir, 'queue.db'), clock });
  const secrets = await openKeyFileSecrets(join(dir, 'secrets.key'));
  const deps: ApiDeps = { ...plainDeps(), state, secrets, queue, clock, ...overrides };
  const api = await createApi(deps, {
    consoleDir: join(dir, 'console'),
    hostNames: [],
    checkResponses: true,
    ...options,
  });
  let administrator: Promise<Client> | undefined;
  const anonymous = client(api, { cookie: '', csrf: '', userId: '' });
  const admin = () => (administrator ??= setUp(api, deps));
  return {
    api,
    deps,
    dir,
    anonymous,
    advance: (ms) => {
      now += ms;
    },
    as: async (role) => (role === 'admin' ? admin() : invite(api, await admin(), role)),
    async close() {
      await api.close();
      await queue.close();
      await state.close();
      await rm(dir, { recursive: true });
    },
  };
}

function client(api: Api, who: Pick<Client, 'cookie' | 'csrf' | 'userId'>): Client {
  return {
    ...who,
    async send(method, path, { body, headers = {}, ip } = {}) {
      const own = { host: 'localhost', cookie: who.cookie, 'x-csrf-token': who.csrf };
      const all = Object.entries({ ...own, ...headers }).filter(([, value]) => value !== '');
      const answer = await api.inject({
        method: method as 'GET',
        url: path,
        headers: Object.fromEntries(all),
        ...(body !== undefined && { payload: body as object }),
        ...(ip !== undefined && { remoteAddress: ip }),
      });
      const isJson = String(answer.headers['content-type']).startsWith('application/json');
      const json = isJson && answer.body !== '' ? JSON.parse(answer.body) : undefined;
      return { status: answer.statusCode, headers: answer.headers, json, text: answer.body };
    },
  };
}

/** The client that an answer to signing in makes. */
export function signedIn(api: Api, answer: Answer): Client {
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? '';
  return client(api, { cookie, csrf: answer.json.csrfToken, userId: answer.json.actor.id });
}

async function setUp(api: Api, deps: ApiDeps): Promise<Client> {
  const link = await ensureFirstAdministrator(deps.state, deps.clock, deps.randomBytes);
  const body = { token: link?.token, email: 'admin@example.com', name: 'Ada', password: PASSWORD };
  return signedIn(api, await client(api, { cookie: '', csrf: '', userId: '' }).send('POST', '/api/v1/setup', { body }));
}

async function invite(api: Api, admin: Client, role: Role): Promise<Client> {
  const body = { email: `${role}-${randomBytes(4).toString('hex')}@example.com`, name: role, role };
  const { json } = await admin.send('POST', '/api/v1/users', { body });
  const accept = { body: { token: json.invitation.token, password: PASSWORD }, headers: { cookie: '' } };
  return signedIn(api, await admin.send('POST', '/api/v1/invitations/accept', accept));
}

function plainDeps(): Omit<ApiDeps, 'state' | 'queue' | 'clock' | 'secrets'> {
  return {
    metrics: { query: async () => [], names: async () => [], count() {}, observe() {} },
    log: { info() {}, warn() {}, error: (fields, message) => console.error(message, fields) },
    randomBytes: (size) => randomBytes(size),
    lake: {
      query: async () => ({
        columns: [{ name: 'n', type: 'INTEGER' }],
        rows: [[1]],
        truncated: false,
        stats: { elapsedMs: 1, rowCount: 1 },
      }),
      export: async (sql, format) => Readable.from([`${format}:`, sql]),
      schema: async () => ({ databases: [] }),
    },
    alertEvents: async () => ({ items: [{ p_row_id: '1' }], nextCursor: null }),
    recentEvents: async (logType) => [{ p_log_type: logType }],
    sourceTypes: [
      {
        id: 'http',
        title: 'HTTP',
        description: 'Takes logs over HTTP.',
        documentationUrl: null,
        config: z.strictObject({
          note: z.string().describe('A note').optional(),
          token: secret(z.string().min(8)).describe('Bearer token'),
        }),
        generatedSecrets: ['token'],
        endpoint: ({ id }) => `/api/v1/ingest/${id}`,
      },
    ],
    destinationTypes: [
      {
        id: 'webhook',
        title: 'Webhook',
        description: 'Sends alerts.',
        documentationUrl: null,
        config: z.strictObject({
          url: secret(z.url()).describe('Address'),
          label: z.string().describe('Label').optional(),
        }),
      },
    ],
    logTypes: {
      list: () => [LOG_TYPE],
      get: (name) => (name === LOG_TYPE.name ? { ...LOG_TYPE, schema: 'schema: Test.Log\n', columns: [] } : undefined),
    },
    detections: {
      describe: (row) => ({ ...PLAIN_DETECTION, ...JSON.parse(row.spec) }),
      explain: async () => 'eventName = "ConsoleLogin"',
      query: async () => null,
      test: async () => ({ passed: 0, failed: 0, results: [] }),
      check: async () => ({ id: null, logTypes: [], testNames: [], condition: null, messages: [] }),
      testDraft: async () => ({ passed: 0, failed: 0, results: [] }),
      runDraft: async () => NO_MATCH,
      read: async () => Promise.reject(new Error('nothing is saved here')),
      reload: async () => {},
    },
    packs: {
      list: async () => [],
      get: async () => undefined,
      revisions: async () => [],
      preview: async (name) => ({ ...NO_PLAN, name }),
      install: async () => NOTHING_INSTALLED,
      previewRollBack: async (name) => ({ ...NO_PLAN, name }),
      rollBack: async () => NOTHING_INSTALLED,
      uninstall: async () => {},
    },
    sourcesChanged: async () => {},
    intake: async () => ({ status: 200 }),
    keptRecords: async () => undefined,
    storeLookup: async () => {},
    reprocess: async () => ({ objects: 0, records: 0 }),
    sendTestAlert: async () => ({ success: true, statusCode: 200, message: 'ok', retryable: false, durationMs: 1 }),
    resendAlert: async (_id, ids) => ids.length,
    system: async () => ({
      version: '0.0.0',
      startedAt: '2026-03-01T12:00:00.000Z',
      uptimeMs: 1,
      memoryBytes: 1,
      components: [],
      storage: [],
      freeBytes: null,
    }),
    health: () => 'ok',
  };
}

const NO_MATCH = { matched: false, error: null, match: null, failures: {}, notes: [], output: '', durationMs: 1 };
const NO_PLAN = { revision: 0, changes: [], unchanged: 0, switched: [], overridden: [], problems: [], commit: null };
const NOTHING_INSTALLED = { revision: 0, added: 0, changed: 0, removed: 0, problems: [] };

const LOG_TYPE = {
  name: 'Test.Log',
  description: '',
  referenceUrl: null,
  table: 'test_log',
  origin: 'built-in',
} as const;

const PLAIN_DETECTION = {
  displayName: '',
  severity: null,
  logTypes: [],
  tags: [],
  description: '',
  reference: '',
  runbook: '',
  dedupPeriodMinutes: 60,
  threshold: 1,
  createAlert: true,
  reports: {},
  outputIds: [],
  tests: [],
};
