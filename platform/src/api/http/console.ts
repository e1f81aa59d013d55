/** Serves the built console: hashed files for ever, everything else fresh, every unknown path as the start page. */
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from './errors.ts';

const HASHED = `${sep}assets${sep}`;

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Panther</title>
<h1>The console is not built</h1>
<p>Panther is running and its API answers under <code>/api/v1</code>, but the files of its console are missing.
<p>In the checkout, run <code>npm run build -w web</code>, then load this page again.
</html>
`;

export async function serveConsole(app: FastifyInstance, consoleDir: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: consoleDir,
    cacheControl: false,
    preCompressed: true,
    setHeaders(reply, path) {
      reply.header('cache-control', path.includes(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.setNotFoundHandler((request, reply) => startPage(request, reply, consoleDir));
}

function startPage(request: FastifyRequest, reply: FastifyReply, consoleDir: string): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '/';
  if (path.startsWith('/api/')) throw new HttpError(404, 'not-found', `there is no ${request.method} ${path}`);
  if (!isPage(request, path)) throw new HttpError(404, 'not-found', `there is no ${path}`);
  if (existsSync(join(consoleDir, 'index.html'))) return reply.sendFile('index.html');
  return reply.status(503).type('text/html; charset=utf-8').send(NOT_BUILT);
}

/** A missing file must not come back as a page that a browser then fails to run. */
function isPage(request: FastifyRequest, path: string): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && !path.startsWith('/assets/');
}
