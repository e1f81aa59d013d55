/** Commands that can work on a Panther elsewhere, over its API. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorMessage, UserError } from '../core/errors.ts';
import type { CommandIo } from './command.ts';

export const REMOTE_OPTIONS = {
  'api-host': {
    value: 'URL',
    description:
      'a Panther elsewhere, by the address of its console ($PANTHER_API_HOST); its token is in $PANTHER_API_TOKEN',
  },
  'api-token-file': { value: 'FILE', description: 'file with the API token, instead of $PANTHER_API_TOKEN' },
} as const;

export interface RemoteChoice {
  readonly 'api-host': string | undefined;
  readonly 'api-token-file': string | undefined;
  readonly 'data-dir': string | undefined;
  readonly config: string | undefined;
}

/** Undefined: the Panther is on this machine. A data folder or configuration that is named wins over the environment. */
export function remoteAddress(options: RemoteChoice, { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>) {
  const isLocal = options['data-dir'] !== undefined || options.config !== undefined;
  const host = options['api-host'] ?? (isLocal ? undefined : env.PANTHER_API_HOST);
  if (host === undefined || host === '') return undefined;
  if (isLocal)
    throw new UserError('is for a Panther elsewhere: leave out --data-dir and --config', { field: '--api-host' });
  const file = options['api-token-file'];
  const token = file === undefined ? env.PANTHER_API_TOKEN : readToken(resolve(cwd, file));
  if (token === undefined || token === '')
    throw new UserError('put an API token (Settings → API tokens) into PANTHER_API_TOKEN, or name --api-token-file');
  return { url: readUrl(host), token };
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  const isLoopback = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url?.hostname ?? '');
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new UserError(`"${text}" is no address such as https://panther.example.com`, { field: '--api-host' });
  if (url.protocol === 'http:' && !isLoopback)
    throw new UserError(`${text}: the token would be sent in the clear; use https`, { field: '--api-host' });
  return url;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UserError(`cannot be read: ${errorMessage(error)}`, { file });
  }
}
