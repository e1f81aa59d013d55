/** What a route of the API is, as data: everything except the function that answers it. */
import type { z } from 'zod';

/** Roles, weakest first. Each may do what the ones before it may. */
export const ROLES = ['read-only', 'analyst', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RouteSpec {
  readonly method: Method;
  /** Below `/api/v1`; parameters as `:name`. */
  readonly path: string;
  /** One line, imperative. */
  readonly summary: string;
  /** Least role that may call it; `public` needs no sign-in. */
  readonly role: Role | 'public';
  readonly params?: z.ZodObject;
  /** Numbers, booleans and lists (repeated keys) are converted from the query string. */
  readonly query?: z.ZodObject;
  /** JSON body; absent: the route takes none. `stream`: raw bytes, not validated here. */
  readonly body?: z.ZodType | 'stream';
  /** JSON answer; `none` for 204, `stream` for a download. */
  readonly response: z.ZodType | 'none' | 'stream';
  /** 200, or 204 for `none`, unless given. */
  readonly status?: 200 | 201 | 202;
  readonly limits?: {
    /** Largest body; 64 KiB unless given. */
    readonly bodyBytes?: number;
    /** Requests a minute from one address, over the general limit of a session or token. */
    readonly perMinute?: number;
  };
  /** Verb and noun for the audit log, e.g. `source.create`. Every write of a signed-in caller has one. */
  readonly audit?: string;
  /** Refused to API tokens: it changes who can sign in. */
  readonly sessionOnly?: true;
}

/** Keeps the literal types of a table of routes. The keys are the operation ids. */
export function defineRoutes<const T extends Readonly<Record<string, RouteSpec>>>(routes: T): T {
  return routes;
}

type Input<S> = S extends z.ZodType ? z.input<S> : never;
type Output<S> = S extends z.ZodType ? z.output<S> : never;

/** What a caller sends and gets for one route. */
export interface CallOf<R> {
  params: R extends { readonly params: infer S } ? Input<S> : undefined;
  query: R extends { readonly query: infer S } ? Input<S> : undefined;
  body: R extends { readonly body: infer S } ? (S extends 'stream' ? Blob | Uint8Array | string : Input<S>) : undefined;
  response: R extends { readonly response: infer S } ? (S extends z.ZodType ? Output<S> : undefined) : undefined;
}

/** Route table by `METHOD /path`, for a typed client that needs no code from here. */
export type CallsOf<T extends Readonly<Record<string, RouteSpec>>> = {
  [K in keyof T as `${T[K]['method']} ${T[K]['path']}`]: CallOf<T[K]>;
};
