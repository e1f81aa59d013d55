/** The session's cookie: unreadable for scripts, never sent along from other sites, bound to the host under https. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionCookie } from './handler.ts';

const PLAIN = 'panther';
const SECURE = '__Host-panther';

function nameFor(request: FastifyRequest): string {
  return request.protocol === 'https' ? SECURE : PLAIN;
}

export function readSessionCookie(request: FastifyRequest): string | undefined {
  const name = nameFor(request);
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key = '', value] = part.trim().split('=', 2);
    if (key === name && value) return value;
  }
  return undefined;
}

export function sessionCookie(request: FastifyRequest, reply: FastifyReply, now: () => Date): SessionCookie {
  function write(value: string, maxAgeSeconds: number): void {
    const secure = request.protocol === 'https' ? '; Secure' : '';
    const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`;
    reply.header('set-cookie', `${nameFor(request)}=${value}; ${attributes}`);
  }
  return {
    set: (token, expiresAt) => write(token, Math.floor((expiresAt.getTime() - now().getTime()) / 1_000)),
    clear: () => write('', 0),
  };
}
