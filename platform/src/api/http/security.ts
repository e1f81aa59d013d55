/** What every answer carries, and which host names are ours. */
import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from './errors.ts';

/** Scripts, styles, fonts only from here; inline ones run nowhere. Images may be data of our own making. */
function contentSecurityPolicy(styles: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${styles}`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy(''),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(HEADERS);
  if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000');
  if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
}

/** Lets a page add the style elements that carry the nonce, as the SQL editor does. */
export function allowStyleElements(reply: FastifyReply, nonce: string): void {
  reply.header('content-security-policy', contentSecurityPolicy(` 'nonce-${nonce}'`));
}

/**
 * Refuses names that are not ours: a page whose name was rebound to our address must not reach us. Addresses cannot be
 * rebound, so they pass.
 */
export function hostCheck(hostNames: readonly string[]): (request: FastifyRequest) => void {
  const allowed = new Set(['localhost', ...hostNames.map((name) => name.toLowerCase())]);
  return (request) => {
    const name = hostName(request.host);
    if (name !== undefined && (allowed.has(name) || isIP(name) !== 0)) return;
    const message = `this Panther does not answer to the name ${name ?? request.host}: add it to hostNames`;
    throw new HttpError(421, 'wrong-host', message);
  };
}

/** Lower case, without port and brackets; undefined when it is no host. */
function hostName(host: string | undefined): string | undefined {
  if (!host || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$|\.$/g, '');
}
