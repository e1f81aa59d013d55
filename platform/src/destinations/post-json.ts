/** Delivery by an HTTP POST of JSON, and what its answer means. */
import type { DeliveryResult } from '../core/alert.ts';
import type { HttpResponse } from '../ports/http-client.ts';
import type { DestinationContext } from './destination.ts';

/** Statuses of the 4xx class that a later attempt can get past. */
const TEMPORARY = new Set([408, 425, 429]);

export async function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
  context: DestinationContext,
): Promise<DeliveryResult> {
  return postText(url, JSON.stringify(body), headers, context);
}

/** As `postJson`, for JSON whose bytes matter to the caller. */
export async function postText(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  context: DestinationContext,
): Promise<DeliveryResult> {
  const { http, timeoutMs, signal, idempotencyKey } = context;
  const response = await http.request(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json',
      'idempotency-key': idempotencyKey,
    },
    body,
    timeoutMs,
    signal,
  });
  return toResult(response);
}

function toResult(response: HttpResponse): DeliveryResult {
  const { status, body } = response;
  if (status >= 200 && status < 300) {
    return { success: true, statusCode: status, message: body || 'delivered', retryable: false };
  }
  const retryAfterMs = parseRetryAfter(response);
  return {
    success: false,
    statusCode: status,
    message: `request failed: ${status}: ${status < 400 ? redirectHint(response) : body}`,
    retryable: status >= 500 || TEMPORARY.has(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function redirectHint({ headers }: HttpResponse): string {
  const target = URL.parse(headers.location ?? '');
  const where = target === null ? '' : ` to ${target.origin}`;
  return `redirects${where} are not followed; configure the final address`;
}

/** Seconds, or a date, which is measured by the answer's own clock. */
function parseRetryAfter({ headers }: HttpResponse): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1_000;
  const wait = Date.parse(text) - Date.parse(headers.date ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
