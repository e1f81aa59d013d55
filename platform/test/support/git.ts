/** Repositories of git for tests, and a forge that serves them over https. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

/** Of a user without settings. */
export function gitEnv(home: string): Record<string, string> {
  const name = { GIT_AUTHOR_NAME: 'Ann', GIT_COMMITTER_NAME: 'Ann' };
  const email = { GIT_AUTHOR_EMAIL: 'ann@example.com', GIT_COMMITTER_EMAIL: 'ann@example.com' };
  return { PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1', ...name, ...email };
}

export interface TestRepository {
  readonly path: string;
  git(...args: string[]): string;
  write(name: string, text: string): void;
  /** Everything there is; the id of the commit. */
  commit(message: string): string;
}

export function createRepository(path: string): TestRepository {
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: path,
      env: gitEnv(path),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  return {
    path,
    git,
    write(name, text) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    },
    commit(message) {
      git('add', '--all');
      git('commit', '--quiet', '--no-gpg-sign', '--message', message);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** Undefined where git cannot serve, or no certificate can be made. */
export async function startForge(
  folder: string,
  { password }: { readonly password?: string } = {},
): Promise<{ readonly url: string; readonly requests: string[]; close(): void } | undefined> {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    if (!existsSync(backend)) return undefined;
    const files = ['-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const requests: string[] = [];
  const wanted = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    requests.push(request.url ?? '');
    if (password !== undefined && request.headers.authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="forge"' }).end();
      return;
    }
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? '',
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    };
    const child = spawn(backend, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => answer(Buffer.concat(chunks)));

    function answer(output: Buffer): void {
      const end = output.indexOf('\r\n\r\n');
      const headers = output.toString('latin1', 0, Math.max(0, end)).split('\r\n');
      const status = headers.find((line) => /^status:/i.test(line))?.split(' ')[1];
      for (const line of headers) {
        const colon = line.indexOf(':');
        if (colon > 0 && !/^status:/i.test(line))
          response.setHeader(line.slice(0, colon), line.slice(colon + 1).trim());
      }
      response.writeHead(Number(status ?? 200)).end(output.subarray(end + 4));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, requests, close: () => server.close() };
}
