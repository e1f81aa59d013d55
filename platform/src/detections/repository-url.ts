/** Addresses of git repositories that content may come from: https and ssh, nothing that runs a program or reads a file. */
import { UserError } from '../core/errors.ts';

export interface RepositoryUrl {
  readonly kind: 'https' | 'ssh';
  /** Without a password or token: what is kept, shown and given to git. */
  readonly url: string;
  /** What was in the address for the server to know who asks. */
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:(\/\/|:)/;
const SCP = /^([A-Za-z0-9_][\w.-]*)@([A-Za-z0-9][A-Za-z0-9.-]*):([^-].*)$/;
const HOST = /^([A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+\])$/;
const USER = /^[A-Za-z0-9_][\w.-]*$/;

/** Whether it is meant for an address rather than a path. */
export function isRepositoryUrl(text: string): boolean {
  return SCHEME.test(text) || /^[^\s/\\:]+@[^\s/\\:]+:/.test(text);
}

/** `https://host/path`, `ssh://user@host/path`, `user@host:path`. @throws UserError, which never repeats a password */
export function parseRepositoryUrl(text: string): RepositoryUrl {
  if (/[\s\p{Cc}]/u.test(text)) throw refused('it has spaces or control characters in it');
  const scp = SCHEME.test(text) ? null : SCP.exec(text);
  if (scp !== null) return { kind: 'ssh', url: text, credentials: undefined };
  const url = URL.parse(text);
  const isHttps = url?.protocol === 'https:';
  if (url === null || !(isHttps || url.protocol === 'ssh:') || !/^\w+:\/\//.test(text))
    throw refused('it is neither https://… nor ssh://… nor git@host:path');
  if (!HOST.test(url.hostname)) throw refused('it names no host');
  if (url.pathname.length < 2) throw refused('it names no repository');
  if (url.search !== '' || url.hash !== '') throw refused('leave out what follows ? or #');
  const user = decode(url.username);
  const password = decode(url.password);
  url.password = '';
  if (isHttps) {
    url.username = '';
    const credentials = user === '' && password === '' ? undefined : { user, password };
    return { kind: 'https', url: url.href, credentials };
  }
  if (user !== '' && !USER.test(user)) throw refused('the name of the user is none');
  return { kind: 'ssh', url: url.href, credentials: undefined };
}

/** @throws UserError for what git would take for something else than the name of a branch, a tag or a commit */
export function checkRef(ref: string): string {
  const isBad = /^[-+./]|\.\.|@\{|[\s\p{Cc}~^:?*[\\]|[./]$|\/\//u.test(ref) || ref === '' || ref.length > 300;
  if (isBad) throw new UserError(`"${ref}" is no branch, tag or commit`, { field: '--ref' });
  return ref;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refused(reason: string): UserError {
  return new UserError(`this is no address of a repository that can be read: ${reason}`);
}
