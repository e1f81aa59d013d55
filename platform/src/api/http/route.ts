/** Serves one route: limits, caller, role, validation, the handler, the audit entry, the answer. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RouteSpec } from '../contract/route.ts';
import type { ApiDeps } from '../deps.ts';
import { writeAudit } from './audit.ts';
import { sessionCookie } from './cookies.ts';
import { HttpError, toFailure } from './errors.ts';
import { authorize, identify, isIntake, limitAddress } from './guard.ts';
import type { AnyHandler, AuditNote, Caller, Context, StreamAnswer } from './handler.ts';
import type { RateLimiter } from './rate-limit.ts';
import { checkAnswer, requestValidator } from './validate.ts';

const BODY_BYTES = 64 * 1024;

export interface RouteServices {
  readonly deps: ApiDeps;
  readonly limiter: RateLimiter;
  readonly checkResponses: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller | undefined;
  }
}

export function addRoute(
  app: FastifyInstance,
  operation: string,
  route: RouteSpec,
  handler: AnyHandler,
  services: RouteServices,
): void {
  const { deps, limiter } = services;
  const validate = requestValidator(route);
  app.route({
    method: route.method,
    url: `/api/v1${route.path}`,
    bodyLimit: isIntake(route) ? Number.MAX_SAFE_INTEGER : (route.limits?.bodyBytes ?? BODY_BYTES),
    // Before the body is read: whoever may not ask does not get to send.
    async onRequest(request) {
      limitAddress(route, request, limiter);
      request.caller = await identify(route, request, deps, limiter);
      try {
        authorize(route, request, request.caller);
      } catch (error) {
        await auditRefusal(route, request, deps, error);
        throw error;
      }
    },
    async onResponse(_request, reply) {
      deps.metrics.count('api_requests', 1, { operation, status: `${Math.floor(reply.statusCode / 100)}xx` });
      deps.metrics.observe('api_duration', reply.elapsedTime, { operation }, 'ms');
    },
    async handler(request, reply) {
      const note: AuditNote = { target: firstParam(request) };
      const body = isIntake(route) ? undefined : request.body;
      const audit = (status: number) =>
        writeAudit(deps, { route, caller: request.caller, note, body, ip: request.ip, status });
      try {
        const valid = validate({ params: request.params, query: queryOf(request), body });
        const context = { ...valid, ...contextOf(request, reply, services), audit: note };
        const answer = await handler(context as Context<RouteSpec>);
        if (services.checkResponses) checkAnswer(route, answer);
        await audit(statusOf(route));
        return await send(route, reply, answer);
      } catch (error) {
        if (!reply.sent) await audit(toFailure(error).status);
        throw error;
      }
    },
  });
}

async function auditRefusal(route: RouteSpec, request: FastifyRequest, deps: ApiDeps, error: unknown): Promise<void> {
  const { caller, ip } = request;
  if (caller === undefined || !(error instanceof HttpError)) return;
  const note = { target: firstParam(request), details: { refused: error.message } };
  await writeAudit(deps, { route, caller, note, body: undefined, ip, status: error.status });
}

function contextOf(request: FastifyRequest, reply: FastifyReply, { deps, limiter }: RouteServices) {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return {
    deps,
    limiter,
    caller: request.caller,
    cookie: sessionCookie(request, reply, () => deps.clock.now()),
    request: {
      headers: request.headers,
      url: request.url,
      body: request.raw,
      ip: request.ip,
      signal: gone.signal,
      userAgent: request.headers['user-agent'] ?? '',
    },
  };
}

async function send(route: RouteSpec, reply: FastifyReply, answer: unknown): Promise<unknown> {
  if (route.response === 'none') return reply.status(204).send();
  if (route.response !== 'stream') return reply.status(statusOf(route)).send(answer);
  const { status, headers, body } = answer as StreamAnswer;
  // What was not read of an upload is not worth reading: the connection ends with the answer.
  if (isIntake(route) && !reply.request.raw.readableEnded) reply.header('connection', 'close');
  return reply.status(status).headers(headers).send(body);
}

function statusOf(route: RouteSpec): number {
  return route.status ?? (route.response === 'none' ? 204 : 200);
}

function firstParam(request: FastifyRequest): string {
  return Object.values(request.params as Record<string, string>)[0] ?? '';
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const start = request.url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : request.url.slice(start + 1));
}
