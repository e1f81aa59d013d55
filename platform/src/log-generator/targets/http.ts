/** Requests to the ingest address of a source: a file is one body. A server that is busy is asked again when it says. */

import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ExternalError, UserError } from '../../core/errors.ts';
import type { LogTarget } from './target.ts';

export interface HttpTargetOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly gzipLevel: number;
  readonly signal: AbortSignal;
  /** For one request. */
  readonly timeoutMs?: number;
  /** First wait after a failure that says nothing about when to come again. */
  readonly retryMs?: number;
}

/** Failures in a row, apart from an answer that says when to come again. */
const MAX_FAILURES = 8;
const MAX_WAIT_MS = 60_000;

export function httpTarget(options: HttpTargetOptions): LogTarget {
  const { url, token, gzipLevel, signal, timeoutMs = 60_000, retryMs = 250 } = options;
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    ...(gzipLevel > 0 && { 'content-encoding': 'gzip' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };

  async function post(body: Buffer<ArrayBuffer>): Promise<Answer> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: limit, redirect: 'manual' });
      return { status: response.status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
    } catch (error) {
      signal.throwIfAborted();
      return { status: 0, text: reasonOf(error), retryAfter: null };
    }
  }

  return {
    async write(file) {
      const parts: Buffer[] = [];
      for await (const chunk of file.chunks) parts.push(chunk);
      const plain = Buffer.concat(parts);
      if (plain.length === 0) return 0;
      const body = gzipLevel > 0 ? gzipSync(plain, { level: gzipLevel }) : plain;
      for (let failures = 0; ; ) {
        const answer = await post(body);
        if (answer.status >= 200 && answer.status < 300) return body.length;
        if (!isRetryable(answer.status)) throw refused(url, answer);
        const told = waitOf(answer);
        if (told === undefined) failures += 1;
        if (failures > MAX_FAILURES) throw failed(url, answer);
        await sleep(told ?? Math.min(retryMs * 2 ** (failures - 1), MAX_WAIT_MS), undefined, { signal });
      }
    },
    async close() {},
  };
}

interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

function isRetryable(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

/** `Retry-After` in seconds or as a date, in milliseconds. */
function waitOf({ retryAfter, status }: Answer): number | undefined {
  if (retryAfter === null || (status !== 429 && status !== 503)) return undefined;
  const seconds = Number(retryAfter);
  if (!(seconds >= 0)) return undefined;
  return Math.min(seconds * 1_000, MAX_WAIT_MS);
}

function refused(url: string, { status, text }: Answer): UserError {
  const hint = status === 401 || status === 403 ? '; give the token of the source with --token' : '';
  return new UserError(`${url} answered ${status}: ${text.slice(0, 200)}${hint}`, { field: '--to' });
}

function failed(url: string, { status, text }: Answer): ExternalError {
  const what = status === 0 ? `cannot be reached: ${text}` : `answered ${status}: ${text.slice(0, 200)}`;
  return new ExternalError(`${url} ${what}`, { retryable: true });
}

function reasonOf(error: unknown): string {
  const cause = (error as Error).cause;
  return cause instanceof Error ? cause.message || String(cause) : (error as Error).message;
}
