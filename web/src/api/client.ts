/** The typed client of the HTTP API. */
import type { ApiCalls, ApiError } from '@panther/platform/contract';

export type Route = keyof ApiCalls;
export type Response<K extends Route> = ApiCalls[K]['response'];

type Present<K extends Route> = {
  [P in 'params' | 'query' | 'body' as ApiCalls[K][P] extends undefined ? never : P]: ApiCalls[K][P];
};

/** What a call sends: path parameters, query and body, where the route has them. */
export type Ask<K extends Route> = Omit<Present<K>, 'query'> & Partial<Pick<Present<K>, 'query' & keyof Present<K>>>;

interface AnyAsk {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** A request that the API refused (`status` 4xx or 5xx), or that did not reach it (`status` 0). */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly code: string;
  /** Dotted path in the request, e.g. `config.port`. */
  readonly field: string | undefined;

  constructor(message: string, status: number, code: string, field?: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.field = field;
  }
}

let csrfToken: string | null = null;

/** Remembers the token that every request other than a GET must carry. */
export function rememberCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Calls a route. Throws `ApiFailure`. */
export async function call<K extends Route>(route: K, ask: Ask<K>, signal?: AbortSignal): Promise<Response<K>> {
  const response = await send(route, ask, signal);
  if (response.status === 204) return undefined as Response<K>;
  return (await response.json()) as Response<K>;
}

/** Calls a route that answers with a file. Throws `ApiFailure`. */
export async function download<K extends Route>(route: K, ask: Ask<K>): Promise<Blob> {
  return (await send(route, ask)).blob();
}

async function send(route: Route, ask: AnyAsk, signal?: AbortSignal): Promise<globalThis.Response> {
  const [method = 'GET', path = ''] = route.split(' ');
  const headers: Record<string, string> = { accept: 'application/json' };
  if (ask.body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrfToken !== null) headers['x-csrf-token'] = csrfToken;
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (ask.body !== undefined) init.body = JSON.stringify(ask.body);
  if (signal !== undefined) init.signal = signal;
  const response = await reach(address(path, ask), init);
  if (!response.ok) throw await failure(response);
  return response;
}

async function reach(url: string, init: RequestInit): Promise<globalThis.Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiFailure(
      'Panther does not answer. Check that it is running, then try again.',
      0,
      'offline',
      undefined,
      {
        cause,
      },
    );
  }
}

function address(path: string, ask: AnyAsk): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ask.params?.[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(ask.query ?? {})) {
    const values = Array.isArray(value) ? value : [value];
    for (const item of values) if (item !== undefined && item !== '') search.append(name, String(item));
  }
  const query = search.toString();
  return `/api/v1${filled}${query === '' ? '' : `?${query}`}`;
}

async function failure(response: globalThis.Response): Promise<ApiFailure> {
  const { status } = response;
  try {
    const { error } = (await response.json()) as ApiError;
    return new ApiFailure(error.message, status, error.code, error.field);
  } catch {
    return new ApiFailure(`Panther answered with status ${status}.`, status, 'unknown');
  }
}

/** The text of anything thrown. */
export function failureMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
