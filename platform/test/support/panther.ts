/** A Panther in its own process and data folder, and a client of its API, for end-to-end tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ApiCalls } from '../../src/api/contract.ts';

const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
const READY_TIMEOUT_MS = 60_000;

export interface Panther {
  /** Empty of one without the API. */
  readonly url: string;
  /** Token of the first administrator's link, while there is no user. */
  readonly setupToken: string | undefined;
  readonly process: ChildProcess;
  /** Everything it wrote to stderr so far. */
  stderr(): string;
  /** Ends it as Ctrl+C does. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

export interface PantherOptions {
  readonly dataDir: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Command line of the program under test; the checkout's own without it. */
  readonly command?: readonly string[];
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `panther-${name}-`));
}

/** Starts `panther up` on a free port and waits until it says that it is ready. */
export async function startPanther({ dataDir, args = [], env = {}, command }: PantherOptions): Promise<Panther> {
  const [program = process.execPath, ...before] = command ?? [process.execPath, MAIN];
  const child = spawn(program, [...before, 'up', '--data-dir', dataDir, '--port', '0', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const lines: string[] = [];
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready:\n${lines.join('\n')}`)), READY_TIMEOUT_MS);
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const ready = /ready on (http:\S+)|^running (?:\w|-)/.exec(line);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(ready[1] ?? '');
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code ?? signal}:\n${lines.join('\n')}`));
    });
  });
  // The link is printed before the line that says ready.
  const setupToken = lines.map((line) => /\/setup\?token=(\S+)/.exec(line)?.[1]).find((token) => token !== undefined);
  return {
    url,
    setupToken,
    process: child,
    stderr: () => lines.join('\n'),
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

type Calls = ApiCalls;
type Call = keyof Calls & string;

export interface Client {
  /** `call('GET /sources/:id', { params: { id } })`. Throws what the API says when it is not a success. */
  call<K extends Call>(
    route: K,
    parts?: {
      readonly params?: Record<string, string>;
      readonly query?: Record<string, string>;
      readonly body?: unknown;
    },
  ): Promise<Calls[K]['response']>;
  readonly headers: Readonly<Record<string, string>>;
}

export const ADMIN = { email: 'admin@example.com', name: 'Admin', password: 'correct horse battery' };

/** Makes the first administrator with the one-time link and signs in. */
export async function setUp(panther: Panther): Promise<Client> {
  return open(panther.url, '/setup', { token: panther.setupToken, ...ADMIN });
}

/** Signs in as the administrator that `setUp` made. */
export async function signIn(panther: Panther): Promise<Client> {
  return open(panther.url, '/session', { email: ADMIN.email, password: ADMIN.password });
}

async function open(url: string, path: string, body: unknown): Promise<Client> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  const session = (await response.json()) as { csrfToken: string };
  const cookie = response.headers
    .getSetCookie()
    .map((value) => value.split(';')[0])
    .join('; ');
  return createClient(url, { cookie, 'x-csrf-token': session.csrfToken, origin: url });
}

function createClient(url: string, headers: Readonly<Record<string, string>>): Client {
  return {
    headers,
    async call(route, { params = {}, query, body } = {}) {
      const [method, template] = route.split(' ') as [string, string];
      const path = template.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
      const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
      const init: RequestInit = { method, headers: { ...headers, 'content-type': 'application/json' } };
      const response = await fetch(`${url}/api/v1${path}${search}`, {
        ...init,
        ...(body === undefined ? { headers } : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${route}: ${response.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

/** Polls until `probe` gives something. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
  pollMs = 100,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
