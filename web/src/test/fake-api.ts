/** The API as tests see it: answers by route, typed by the contract, and what was asked. */
import type { ApiCalls } from '@panther/platform/contract';
import type { Route } from '../api/client.ts';

export interface Asked<K extends Route> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: ApiCalls[K]['body'];
  readonly headers: Headers;
}

/** A refusal: status, code, message and the field it is about. */
export class Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field: string | undefined;

  constructor(status: number, code: string, message: string, field?: string) {
    this.status = status;
    this.code = code;
    this.message = message;
    this.field = field;
  }
}

type Answer<T> = T | Refusal;

/** What each route answers, or a function of what was asked. */
export type Answers = {
  [K in Route]?: Answer<ApiCalls[K]['response']> | ((asked: Asked<K>) => Answer<ApiCalls[K]['response']>);
};

export interface LoggedCall {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface FakeApi {
  readonly calls: LoggedCall[];
  readonly callsOf: (route: Route) => readonly LoggedCall[];
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Takes the place of earlier answers. */
  readonly answer: (answers: Answers) => void;
}

export function makeFakeApi(answers: Answers): FakeApi {
  const current: Answers = { ...answers };
  const calls: LoggedCall[] = [];
  return {
    calls,
    callsOf: (route) => calls.filter((call) => call.route === route),
    answer: (next) => void Object.assign(current, next),
    fetch: async (input, init = {}) => respond(current, calls, new URL(String(input), 'http://panther.test'), init),
  };
}

function respond(answers: Answers, calls: LoggedCall[], url: URL, init: RequestInit): Response {
  const method = init.method ?? 'GET';
  const path = url.pathname.replace(/^\/api\/v1/, '');
  const found = match(Object.keys(answers) as Route[], method, path);
  if (found === undefined) return refuse(new Refusal(404, 'not-found', `There is no ${method} ${path}.`));
  const { route, params } = found;
  const body = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
  const headers = new Headers(init.headers);
  calls.push({ route, params, query: queryOf(url), body, headers });
  const answer = answers[route] as unknown;
  const result =
    typeof answer === 'function'
      ? (answer as (asked: unknown) => unknown)({ params, query: url.searchParams, body, headers })
      : answer;
  if (result instanceof Refusal) return refuse(result);
  return result === undefined ? new Response(null, { status: 204 }) : Response.json(result);
}

function queryOf(url: URL): Record<string, string[]> {
  return Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]));
}

/** The route whose path fits; the one with the fewest parameters wins. */
function match(routes: readonly Route[], method: string, path: string) {
  const fits = routes.flatMap((route) => {
    const [routeMethod, pattern = ''] = route.split(' ');
    const groups = new RegExp(`^${pattern.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(path)?.groups;
    if (routeMethod !== method || (groups === undefined && pattern !== path)) return [];
    const params = Object.fromEntries(
      Object.entries(groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    return [{ route, params }];
  });
  return fits.toSorted((a, b) => Object.keys(a.params).length - Object.keys(b.params).length)[0];
}

function refuse({ status, code, message, field }: Refusal): Response {
  return Response.json({ error: { code, message, ...(field === undefined ? {} : { field }) } }, { status });
}
