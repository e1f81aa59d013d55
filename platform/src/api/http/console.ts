/** Serves the built console: hashed files for ever, everything else fresh, every unknown path as the start page. */
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from './errors.ts';
import { allowStyleElements } from './security.ts';

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

/** In the start page of a build: takes the place of a value that is new for every answer. */
const NONCE_PLACEHOLDER = '__CSP_NONCE__';

export async function serveConsole(
  app: FastifyInstance,
  consoleDir: string,
  randomBytes: (size: number) => Uint8Array,
): Promise<void> {
  await app.register(fastifyStatic, {
    root: consoleDir,
    index: [],
    cacheControl: false,
    preCompressed: true,
    setHeaders(reply, path) {
      reply.header('cache-control', path.includes(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const startPage = join(consoleDir, 'index.html');
  async function answer(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    reply.type('text/html; charset=utf-8');
    const html = await readFile(startPage, 'utf8').catch(() => undefined);
    if (html === undefined) return reply.status(503).send(NOT_BUILT);
    return sendStartPage(reply.status(200), html, Buffer.from(randomBytes(16)).toString('base64'));
  }
  app.get('/', answer);
  app.get('/index.html', answer);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    if (path.startsWith('/api/')) throw new HttpError(404, 'not-found', `there is no ${request.method} ${path}`);
    if (!isPage(request, path)) throw new HttpError(404, 'not-found', `there is no ${path}`);
    return answer(request, reply);
  });
}

function sendStartPage(reply: FastifyReply, html: string, nonce: string): FastifyReply {
  allowStyleElements(reply, nonce);
  return reply.header('cache-control', 'no-store').send(html.replaceAll(NONCE_PLACEHOLDER, nonce));
}

/** A missing file must not come back as a page that a browser then fails to run. */
function isPage(request: FastifyRequest, path: string): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && !path.startsWith('/assets/');
}
