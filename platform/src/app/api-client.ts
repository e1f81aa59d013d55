/** The API of another Panther, called with an API token. */
import type { ApiCalls, ApiError } from '../api/contract.ts';
import { ExternalError, UserError } from '../core/errors.ts';

export interface ApiAddress {
  /** Of the console, e.g. `https://panther.example.com`. */
  readonly url: URL;
  readonly token: string;
}

/** What it says to be wrong is a UserError. @throws UserError, ExternalError */
export type ApiClient = <K extends keyof ApiCalls>(
  route: K,
  ask?: { readonly params?: ApiCalls[K]['params']; readonly body?: ApiCalls[K]['body'] },
) => Promise<ApiCalls[K]['response']>;

const TIMEOUT_MS = 120_000;

export function createApiClient({ url, token }: ApiAddress): ApiClient {
  return async (route, ask = {}) => {
    const [method = '', path = ''] = route.split(' ');
    const params = (ask.params ?? {}) as Readonly<Record<string, string>>;
    const target = new URL(
      `api/v1${path.replace(/:(\w+)/g, (_all, name: string) => encode(params[name]))}`,
      withSlash(url),
    );
    const response = await send(target, method, token, ask.body);
    const text = await response.text();
    if (!response.ok) throw failure(target, response.status, text);
    return (text === '' ? undefined : JSON.parse(text)) as never;
  };
}

function encode(value: string | undefined): string {
  return encodeURIComponent(value ?? '');
}

function withSlash(url: URL): string {
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

async function send(target: URL, method: string, token: string, body: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  try {
    return await fetch(target, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined
        ? { headers }
        : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new ExternalError(`${target.origin} cannot be reached: ${reason}`, { retryable: true, cause });
  }
}

function failure(target: URL, status: number, text: string): Error {
  const { message, field } = readError(text) ?? { message: `${target.origin} answered ${status}`, field: undefined };
  if (status === 401) return new UserError(`${target.origin} does not accept the API token: ${message}`);
  if (status >= 500 || status === 429) return new ExternalError(`${target.origin}: ${message}`, { retryable: true });
  return new UserError(message, field === undefined ? {} : { field });
}

function readError(text: string): ApiError['error'] | undefined {
  try {
    return (JSON.parse(text) as ApiError).error;
  } catch {
    return undefined;
  }
}
