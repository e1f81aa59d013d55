/** The HTTP server: the API under `/api/v1`, the console everywhere else. */
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type InjectOptions,
  type LightMyRequestResponse,
} from 'fastify';
import type { RouteSpec } from './contract/route.ts';
import { ROUTES } from './contract.ts';
import type { ApiDeps, ApiOptions } from './deps.ts';
import { serveConsole } from './http/console.ts';
import { invalid, toFailure } from './http/errors.ts';
import type { AnyHandler } from './http/handler.ts';
import { openApiDocument } from './http/openapi.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { addRoute } from './http/route.ts';
import { hostCheck, setSecurityHeaders } from './http/security.ts';
import { HANDLERS } from './routes/index.ts';

/** A connection on which nothing moves for this long is dropped. */
const IDLE_CONNECTION_MS = 300_000;

export interface Api {
  /** Resolves once requests are answered; port 0 takes a free one. */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ readonly url: string }>;
  /** Stops taking requests and waits for those in progress. */
  close(): Promise<void>;
  /** A request without a socket. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>;
}

export async function createApi(deps: ApiDeps, options: ApiOptions): Promise<Api> {
  const app = fastify({
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    connectionTimeout: IDLE_CONNECTION_MS,
    routerOptions: { maxParamLength: 1_000 },
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(request as FastifyRequest, reply as FastifyReply);
      const { status, body } = toFailure(error);
      (reply as FastifyReply).status(status).send(body);
    },
  });
  const checkHost = hostCheck(options.hostNames);
  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(request, reply);
    checkHost(request);
  });
  acceptJson(app);
  answerFailures(app, deps);
  addRoutes(app, deps, options.checkResponses ?? false);
  await serveConsole(app, options.consoleDir, deps.randomBytes);
  await app.ready();
  return {
    listen: async (where) => ({ url: await app.listen(where) }),
    close: () => app.close(),
    inject: (request) => app.inject(request),
  };
}

function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(String(text)));
    } catch {
      done(invalid('the body is not valid JSON'), undefined);
    }
  });
}

function answerFailures(app: FastifyInstance, deps: ApiDeps): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, body, headers, isFault } = toFailure(error);
    if (isFault) deps.log.error({ method: request.method, path: request.routeOptions.url, error }, 'request failed');
    return reply.status(status).headers(headers).send(body);
  });
}

function addRoutes(app: FastifyInstance, deps: ApiDeps, checkResponses: boolean): void {
  const services = { deps, limiter: createRateLimiter(deps.clock), checkResponses };
  const routes: Readonly<Record<string, RouteSpec>> = ROUTES;
  const handlers = HANDLERS as unknown as Readonly<Record<string, AnyHandler>>;
  app.register(async (intake) => {
    // The bytes stay in the socket until the source's own code reads them.
    intake.removeAllContentTypeParsers();
    intake.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const [id, route] of Object.entries(routes)) {
      const handler = handlers[id];
      if (handler === undefined) throw new Error(`route ${id} has no handler`);
      addRoute(route.body === 'stream' ? intake : app, id, route, handler, services);
    }
  });
  let document: Record<string, unknown> | undefined;
  app.get('/api/v1/openapi.json', async () => {
    document ??= openApiDocument(routes, '1');
    return document;
  });
}
