/** What a route's function is given and gives back. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Role, RouteSpec } from '../contract/route.ts';
import type { ApiDeps, IntakeRequest } from '../deps.ts';
import type { RateLimiter } from './rate-limit.ts';

/** Who is asking. */
export interface Caller {
  readonly kind: 'user' | 'token';
  /** Id of the user, or of the API token. */
  readonly id: string;
  /** The user: the token's creator for an API token. */
  readonly userId: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: Role;
  readonly expiresAt: string | null;
  readonly session?: { readonly token: string; readonly tokenHash: string };
}

/** An answer that is not JSON from a schema. */
export interface StreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable | string | undefined;
}

/** A cookie's value to set, or null to remove it. */
export interface SessionCookie {
  set(token: string, expiresAt: Date): void;
  clear(): void;
}

export interface AuditNote {
  target: string;
  actor?: { readonly id: string; readonly name: string };
  details?: Readonly<Record<string, unknown>>;
}

type Parsed<R, K extends string> = R extends { readonly [P in K]: infer S }
  ? S extends z.ZodType
    ? z.output<S>
    : undefined
  : undefined;

export interface Context<R> {
  readonly deps: ApiDeps;
  readonly params: Parsed<R, 'params'>;
  readonly query: Parsed<R, 'query'>;
  readonly body: Parsed<R, 'body'>;
  /** The anonymous one on public routes: see `isSignedIn` of the route's role. */
  readonly caller: R extends { readonly role: 'public' } ? Caller | undefined : Caller;
  readonly cookie: SessionCookie;
  readonly request: IntakeRequest & { readonly userAgent: string };
  readonly limiter: RateLimiter;
  /** What the audit log will say; the target is the first path parameter unless set. */
  readonly audit: AuditNote;
}

type Answer<R> = R extends { readonly response: infer S }
  ? S extends z.ZodType
    ? z.output<S>
    : S extends 'stream'
      ? StreamAnswer
      : undefined
  : never;

export type Handler<R> = (context: Context<R>) => Promise<Answer<R>>;

/** One function for each route of a domain, by operation id. */
export type Handlers<T extends Readonly<Record<string, RouteSpec>>> = { readonly [K in keyof T]: Handler<T[K]> };

/** A handler whose route's types are forgotten, for the one place that calls them all. */
export type AnyHandler = (context: Context<RouteSpec>) => Promise<unknown>;

/** The functions of some routes of a domain. */
export type SomeHandlers<T extends Readonly<Record<string, RouteSpec>>, K extends keyof T> = Pick<Handlers<T>, K>;
