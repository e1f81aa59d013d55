/**
 * Outgoing HTTP that cannot be turned against the network it runs in (server-side request forgery): names are resolved
 * once, every address must be public, and the connection goes to the address that was checked. Hosts on the allow list
 * are exempt. Redirects are returned, not followed; proxies of the environment are not used.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { ExternalError, errorMessage } from '../../core/errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../ports/http-client.ts';
import { isPublicAddress } from './addresses.ts';

export interface HttpClientOptions {
  /** Hosts that may be reached whatever their address: `host` for every port, or `host:port`. */
  readonly allow: readonly string[];
  /** A longer answer is an error. Without it answers are cut at 64 KB. */
  readonly maxBodyBytes?: number;
  /** All addresses of a name; the system's resolver by default. */
  readonly resolve?: (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
}

const MAX_BODY_BYTES = 64 * 1024;

/** An answer with its bytes as they came. */
export interface HttpAnswer extends HttpResponse {
  readonly bytes: Uint8Array;
}

export interface BoundedHttpClient extends HttpClient {
  request(url: string, request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

export function createHttpClient(options: HttpClientOptions): BoundedHttpClient {
  const allow = new Set(options.allow.map((host) => host.toLowerCase()));
  const resolve = options.resolve ?? ((hostname) => systemLookup(hostname, { all: true }));
  // A new connection each time: a kept one may be closed by the other side just as an alert is sent on it.
  const agentOptions = { keepAlive: false, maxSockets: 64 };
  const agents = { 'http:': new HttpAgent(agentOptions), 'https:': new HttpsAgent(agentOptions) };

  async function exchange(text: string, request: HttpRequest): Promise<HttpAnswer> {
    const url = parseUrl(text);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const isAllowed = allow.has(host) || allow.has(url.host) || allow.has(`${host}:${portOf(url)}`);
    if (isIP(host) !== 0 && !isAllowed) assertPublic(host, host);
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    const lookup = checkedLookup(resolve, isAllowed);
    const settings = { method: request.method, headers: request.headers ?? {}, signal, lookup };
    return send(
      url,
      { ...settings, agent: agents[url.protocol as keyof typeof agents] },
      request.body,
      options.maxBodyBytes,
    );
  }

  return {
    async request(text, request) {
      try {
        return await exchange(text, request);
      } catch (error) {
        throw toExternalError(error, request);
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new ExternalError('the URL is not valid', { retryable: false });
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new ExternalError(`${url.protocol} is not http: or https:`, { retryable: false });
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

function assertPublic(host: string, address: string): void {
  if (isPublicAddress(address)) return;
  const message = `${host} is not a public address; if that is intended, allow ${host} in the configuration`;
  throw new ExternalError(message, { retryable: false });
}

/** The lookup of a connection: what it returns is what is connected to, so that no second answer can differ. */
function checkedLookup(resolve: NonNullable<HttpClientOptions['resolve']>, isAllowed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname)
      .then((addresses) => {
        if (!isAllowed) for (const { address } of addresses) assertPublic(hostname, address);
        const first = addresses[0];
        if (first === undefined) throw new ExternalError(`${hostname} has no address`, { retryable: true });
        if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      })
      .catch((error) => callback(error, ''));
  };
}

function send(
  url: URL,
  options: RequestOptions,
  body: string | undefined,
  maxBodyBytes: number | undefined,
): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const outgoing = start(url, options, (response) => readResponse(response, maxBodyBytes).then(resolve, reject));
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

async function readResponse(response: IncomingMessage, maxBodyBytes: number | undefined): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the response: what is beyond the limit is never read.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (maxBodyBytes === undefined && size >= MAX_BODY_BYTES) break;
    if (maxBodyBytes !== undefined && size > maxBodyBytes) {
      throw new ExternalError(`the answer is longer than ${maxBodyBytes} bytes`, { retryable: false });
    }
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const bytes = Buffer.concat(chunks);
  const body = bytes.subarray(0, MAX_BODY_BYTES).toString('utf8');
  return { status: response.statusCode ?? 0, headers, body, bytes };
}

function toExternalError(error: unknown, request: HttpRequest): ExternalError {
  if (error instanceof ExternalError) return error;
  const isTimeout = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  const message = isTimeout
    ? `no answer within ${request.timeoutMs / 1_000} s`
    : `network error: ${errorMessage(error)}`;
  return new ExternalError(message, { retryable: true, cause: error });
}
