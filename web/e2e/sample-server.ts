/** Serves the built console over sample answers, for looking at it without a Panther: `node e2e/sample-server.ts [port]`. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { sampleAnswers } from '../src/test/answers.ts';
import { makeFakeApi } from '../src/test/fake-api.ts';

const DIST = join(import.meta.dirname, '../dist');
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** As strict as the product's own. */
const policy = (nonce: string) =>
  `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'`;

const api = makeFakeApi(sampleAnswers());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!request.url?.startsWith('/api/')) return file(request.url ?? '/', response);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const init: RequestInit = { method: request.method ?? 'GET' };
  if (chunks.length > 0) init.body = Buffer.concat(chunks).toString();
  const result = await api.fetch(`http://panther.test${request.url}`, init);
  response.writeHead(result.status, { 'content-type': 'application/json' });
  response.end(await result.text());
}

function file(url: string, response: ServerResponse): void {
  const path = join(DIST, normalize(new URL(url, 'http://x').pathname));
  if (extname(path) !== '' && existsSync(path)) {
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' });
    createReadStream(path).pipe(response);
    return;
  }
  const nonce = randomUUID();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy(nonce) });
  response.end(readFileSync(join(DIST, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', nonce));
}

const port = Number(process.argv[2] ?? 8766);
createServer((request, response) => void answer(request, response)).listen(port, '127.0.0.1', () => {
  console.log(`The console over sample answers: http://127.0.0.1:${port}`);
});
