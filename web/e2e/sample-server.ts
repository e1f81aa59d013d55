/** Serves the built console over sample answers, for looking at it without a Panther: `node e2e/sample-server.ts [port]`. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { sampleAnswers } from '../src/test/answers.ts';
import { makeFakeApi } from '../src/test/fake-api.ts';

const DIST = join(import.meta.dirname, '../dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

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
  const found = extname(path) !== '' && existsSync(path) ? path : join(DIST, 'index.html');
  response.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'text/plain', 'content-security-policy': POLICY });
  createReadStream(found).pipe(response);
}

const port = Number(process.argv[2] ?? 8766);
createServer((request, response) => void answer(request, response)).listen(port, '127.0.0.1', () => {
  console.log(`The console over sample answers: http://127.0.0.1:${port}`);
});
