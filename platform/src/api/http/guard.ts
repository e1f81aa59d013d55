/** Who may pass: finds out who is asking, and refuses what they may not do before a body is read. */
import type { FastifyRequest } from 'fastify';
import { findTokenCaller } from '../auth/api-tokens.ts';
import { findSession } from '../auth/sessions.ts';
import { csrfToken, hasRole, isSameText } from '../auth/tokens.ts';
import type { RouteSpec } from '../contract/route.ts';
import type { ApiDeps } from '../deps.ts';
import { readSessionCookie } from './cookies.ts';
import { forbidden, tooMany, unauthenticated } from './errors.ts';
import type { Caller } from './handler.ts';
import type { RateLimiter } from './rate-limit.ts';

const MINUTE = 60_000;
/** Of one session, token, or address that is not signed in. */
const GENERAL = { count: 1_200, periodMs: MINUTE };
/** Wrong credentials from one address. */
const FAILURES = { count: 60, periodMs: MINUTE };

/** Reads bytes sent by programs that know nothing of sessions. */
export function isIntake(route: RouteSpec): boolean {
  return route.body === 'stream';
}

/** The limits of an address, before anything is looked up. */
export function limitAddress(route: RouteSpec, request: FastifyRequest, limiter: RateLimiter): void {
  // Intake has its own back-pressure, which knows how much it can take.
  if (isIntake(route)) return;
  const { perMinute } = route.limits ?? {};
  if (perMinute !== undefined) {
    take(limiter, `${route.method} ${route.path} ${request.ip}`, { count: perMinute, periodMs: MINUTE });
  }
  if (route.role === 'public') take(limiter, `address ${request.ip}`, GENERAL);
}

/** Undefined for a public route. @throws HttpError 401, 429. */
export async function identify(
  route: RouteSpec,
  request: FastifyRequest,
  deps: ApiDeps,
  limiter: RateLimiter,
): Promise<Caller | undefined> {
  if (route.role === 'public') return undefined;
  const caller = await findCaller(request, deps);
  if (caller === undefined) {
    take(limiter, `failures ${request.ip}`, FAILURES);
    throw unauthenticated('sign in, or send a valid API token');
  }
  take(limiter, `caller ${caller.id}`, GENERAL);
  return caller;
}

function findCaller(request: FastifyRequest, deps: ApiDeps): Promise<Caller | undefined> {
  const { authorization } = request.headers;
  // One or the other: a bad token must not fall back to the cookie.
  if (authorization !== undefined) {
    const [scheme = '', text = ''] = authorization.split(' ');
    return scheme.toLowerCase() === 'bearer' ? findTokenCaller(deps, text) : Promise.resolve(undefined);
  }
  const cookie = readSessionCookie(request);
  return cookie === undefined ? Promise.resolve(undefined) : findSession(deps, cookie);
}

/** @throws HttpError 403 when the role is too weak, or the request was not made by our own pages. */
export function authorize(route: RouteSpec, request: FastifyRequest, caller: Caller | undefined): void {
  if (route.method !== 'GET' && !isIntake(route)) checkOrigin(request, caller);
  if (caller === undefined || route.role === 'public') return;
  if (!hasRole(caller.role, route.role)) throw forbidden(`this needs the role ${route.role}; yours is ${caller.role}`);
  if (route.sessionOnly && caller.session === undefined) {
    throw forbidden('this cannot be done with an API token: sign in to the console');
  }
}

function checkOrigin(request: FastifyRequest, caller: Caller | undefined): void {
  if (caller?.kind === 'token') return;
  const site = request.headers['sec-fetch-site'];
  const { origin } = request.headers;
  const isForeign =
    site === undefined
      ? origin !== undefined && origin !== `${request.protocol}://${request.host}`
      : site !== 'same-origin' && site !== 'none';
  if (isForeign) throw forbidden('this request comes from another site');
  if (caller?.session === undefined) return;
  const given = request.headers['x-csrf-token'];
  if (typeof given === 'string' && isSameText(given, csrfToken(caller.session.token))) return;
  throw forbidden('the header x-csrf-token is missing or wrong: take it from GET /session');
}

export function take(limiter: RateLimiter, key: string, rate: { count: number; periodMs: number }): void {
  const waitSeconds = limiter.take(key, rate);
  if (waitSeconds > 0) throw tooMany(waitSeconds);
}
