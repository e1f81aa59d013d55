/** Requests that are refused, and what every failure looks like to the caller. */
import { ExternalError, UserError } from '../../core/errors.ts';
import type { ApiError } from '../contract/common.ts';

export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { readonly field?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = more.field;
    this.headers = more.headers ?? {};
  }
}

export function notFound(what: string, id: string): HttpError {
  return new HttpError(404, 'not-found', `there is no ${what} ${id}`);
}

export function conflict(message: string, field?: string): HttpError {
  return new HttpError(409, 'conflict', message, field === undefined ? {} : { field });
}

export function invalid(message: string, field?: string): HttpError {
  return new HttpError(400, 'invalid', message, field === undefined ? {} : { field });
}

export function unauthenticated(message: string): HttpError {
  return new HttpError(401, 'unauthenticated', message, { headers: { 'www-authenticate': 'Bearer' } });
}

export function forbidden(message: string): HttpError {
  return new HttpError(403, 'forbidden', message);
}

export function tooMany(retryAfterSeconds: number): HttpError {
  return new HttpError(429, 'rate-limited', `too many requests, try again in ${retryAfterSeconds} s`, {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

/** What the HTTP server itself refuses. */
const SERVER_CODES: Readonly<Record<string, { status: number; code: string; message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, code: 'too-large', message: 'the request is too large' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'unsupported-type',
    message: 'send the body with content-type: application/json',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    code: 'invalid',
    message: 'the content-length does not match the body',
  },
};

export interface Failure {
  readonly status: number;
  readonly body: ApiError;
  readonly headers: Readonly<Record<string, string>>;
  /** A bug, or another system's failure: worth a line in the log. */
  readonly isFault: boolean;
}

/** Sorts anything thrown by who must act: 4xx the caller, 502 another system, 500 us (and says nothing more). */
export function toFailure(error: unknown): Failure {
  if (error instanceof HttpError) return failure(error.status, error.code, error.message, error.field, error.headers);
  if (error instanceof UserError) return failure(400, 'invalid', error.message, error.location.field);
  if (error instanceof ExternalError) return { ...failure(502, 'external', error.message), isFault: true };
  const known = SERVER_CODES[codeOf(error)];
  if (known !== undefined) return failure(known.status, known.code, known.message);
  const status = statusOf(error);
  if (status >= 400 && status < 500) return failure(status, 'refused', 'this request cannot be served');
  return { ...failure(500, 'internal', 'something went wrong inside Panther; its log says more'), isFault: true };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Of an error of the HTTP server and its parts; 0 when it has none. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 0;
}

function failure(
  status: number,
  code: string,
  message: string,
  field?: string,
  headers: Readonly<Record<string, string>> = {},
): Failure {
  const error = field === undefined ? { code, message } : { code, message, field };
  return { status, body: { error }, headers, isFault: false };
}
