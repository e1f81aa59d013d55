/** Content out of a commit of git. Nothing is checked out: texts are read from the commit into memory. */
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ExternalError, UserError } from '../../core/errors.ts';
import { type Archive, cleanFolder } from '../../detections/archive.ts';
import { isContentText, MAX_CONTENT_BYTES, MAX_FILE_BYTES } from '../../detections/content-names.ts';
import { checkRef, isRepositoryUrl, parseRepositoryUrl, type RepositoryUrl } from '../../detections/repository-url.ts';
import { GitFailure, type GitRun, runGit } from './git-process.ts';
import type { PackSource } from './packs.ts';

export interface GitRequest {
  /** `https://…`, `ssh://…`, `git@host:path`; with `allowsLocal` also the absolute path of a repository. */
  readonly url: string;
  /** Branch, tag or commit; without it what the repository has checked out. */
  readonly ref?: string | undefined;
  /** Of the repository; without it all of it. Helper modules and data models beside it come with it. */
  readonly folder?: string | undefined;
  /** Only for who may read the files of this machine anyway. */
  readonly allowsLocal?: boolean;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** Of this process. */
export interface GitContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For what is fetched, until it is read. */
  readonly tmpDir: string;
}

export interface GitContent {
  /** For `loadDetections`. */
  readonly archive: Archive;
  readonly source: PackSource;
}

interface Repository {
  readonly run: (args: readonly string[], more?: Partial<GitRun>) => Promise<Buffer>;
  readonly commit: string;
  /** Of the path that was named, within the repository. */
  readonly prefix: string;
  /** Where it is: of one with files its top folder. */
  readonly top: string;
}

const DEFAULT_TIMEOUT_MS = 300_000;
const DEFAULT_MAX_BYTES = 1_000_000_000;
const MAX_LIST_BYTES = 100_000_000;
const SIZE_CHECK_MS = 250;

/**
 * Reads content with the program `git`, shallowly. A password in the address is for git alone: it is in no message and
 * not in the result. @throws UserError, ExternalError
 */
export async function readGit(request: GitRequest, context: GitContext): Promise<GitContent> {
  const folder = cleanFolder(request.folder ?? '');
  const ref = request.ref === undefined ? undefined : checkRef(request.ref);
  const isLocal = request.allowsLocal === true && !isRepositoryUrl(request.url);
  if (isLocal) {
    const repository = await openLocal(resolve(request.url), ref, request, context);
    return readCommit(repository, { url: repository.top, ref, folder });
  }
  const address = parseRepositoryUrl(request.url);
  await mkdir(context.tmpDir, { recursive: true });
  const scratch = await mkdtemp(join(context.tmpDir, 'git-'));
  try {
    const repository = await fetchInto(scratch, address, ref, request, context);
    return await readCommit(repository, { url: address.url, ref, folder });
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function openLocal(
  path: string,
  ref: string | undefined,
  request: GitRequest,
  { env }: GitContext,
): Promise<Repository> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new UserError('there is no such folder', { file: path });
  const signal = limitedSignal(request);
  const run: Repository['run'] = (args, more) =>
    runGit(args, { env, cwd: path, protocol: 'none', signal, maxOutputBytes: MAX_LIST_BYTES, ...more });
  try {
    const prefix = String(await run(['rev-parse', '--show-prefix'])).trim();
    const top = prefix === '' ? path : String(await run(['rev-parse', '--show-toplevel'])).trim();
    const commit = await run(['rev-parse', '--verify', '--end-of-options', `${ref ?? 'HEAD'}^{commit}`]);
    return { run, prefix, top, commit: String(commit).trim() };
  } catch (error) {
    throw explained(error, { url: path, ref, secrets: [] });
  }
}

async function fetchInto(
  scratch: string,
  address: RepositoryUrl,
  ref: string | undefined,
  request: GitRequest,
  { env }: GitContext,
): Promise<Repository> {
  const tooLarge = new AbortController();
  const signal = AbortSignal.any([limitedSignal(request), tooLarge.signal]);
  const { extraEnv, secrets } = credentialsOf(address, env);
  const run: Repository['run'] = (args, more) =>
    runGit(args, { env, cwd: scratch, protocol: 'none', signal, maxOutputBytes: MAX_LIST_BYTES, ...more });
  const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES;
  const checkSize = async () => {
    if ((await sizeOf(scratch)) > maxBytes)
      tooLarge.abort(new UserError(`the repository is larger than ${maxBytes / 1_000_000} MB`));
  };
  const watch = setInterval(checkSize, SIZE_CHECK_MS);
  try {
    await run(['init', '--quiet', '--bare', '--template=']);
    const options = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-auto-maintenance'];
    const what = ['--', address.url, `+${ref ?? 'HEAD'}:refs/panther/content`];
    await run(['fetch', ...options, ...what], { protocol: address.kind, extraEnv });
    await checkSize();
    const commit = await run(['rev-parse', '--verify', 'refs/panther/content^{commit}']);
    return { run, prefix: '', top: address.url, commit: String(commit).trim() };
  } catch (error) {
    throw explained(error, { url: address.url, ref, secrets });
  } finally {
    clearInterval(watch);
  }
}

function limitedSignal({ timeoutMs = DEFAULT_TIMEOUT_MS, signal }: GitRequest): AbortSignal {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new ExternalError(`git took longer than ${timeoutMs / 1000} seconds`, { retryable: true })),
    timeoutMs,
  );
  timer.unref();
  return signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const infos = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return infos.reduce((sum, info) => sum + (info?.size ?? 0), 0);
}

/** As a header for this server alone, in the environment: other users see the arguments of programs. */
function credentialsOf({ url, credentials }: RepositoryUrl, env: GitContext['env']) {
  if (credentials === undefined) return { extraEnv: {}, secrets: [] };
  const { user, password } = credentials;
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  const next = Number(env.GIT_CONFIG_COUNT ?? 0) || 0;
  const extraEnv = {
    GIT_CONFIG_COUNT: String(next + 1),
    [`GIT_CONFIG_KEY_${next}`]: `http.${new URL(url).origin}/.extraHeader`,
    [`GIT_CONFIG_VALUE_${next}`]: `Authorization: Basic ${basic}`,
  };
  // A token may stand where the name of the user does.
  return { extraEnv, secrets: [password, user, basic].filter((text) => text.length > 3) };
}

interface Entry {
  readonly oid: string;
  readonly size: number;
  readonly name: string;
}

/** Links and submodules are left out. */
async function readCommit(
  { run, commit, prefix }: Repository,
  { url, ref, folder: wanted }: { readonly url: string; readonly ref: string | undefined; readonly folder: string },
): Promise<GitContent> {
  const folder = cleanFolder(`${prefix}${wanted}`);
  const list = await run(['ls-tree', '-r', '-z', '-l', '--full-tree', commit]).catch((error) => {
    throw explained(error, { url, ref, secrets: [] });
  });
  const entries = parseTree(list.toString('utf8'));
  if (folder !== '' && !entries.some(({ name }) => name.startsWith(`${folder}/`)))
    throw new UserError(`the repository has no content in a folder ${folder} at ${ref ?? 'its head'}`, {
      field: '--folder',
    });
  const isInside = ({ name }: Entry) => folder === '' || name.startsWith(`${folder}/`);
  const large = entries.find((entry) => isInside(entry) && entry.size > MAX_FILE_BYTES);
  if (large !== undefined) throw new UserError(`${large.name} is too large`);
  const texts = await readBlobs(
    entries.filter(({ size }) => size <= MAX_FILE_BYTES),
    run,
  );
  const source = { url, ref: ref ?? null, folder, commit };
  return { archive: { label: url, texts, folder }, source };
}

function parseTree(list: string): readonly Entry[] {
  return list.split('\0').flatMap((line) => {
    const [, mode, oid = '', size = '', name = ''] = /^(\d+) \w+ ([0-9a-f]+) +(\S+)\t(.*)$/s.exec(line) ?? [];
    return mode?.startsWith('100') === true && isContentText(name) ? [{ oid, size: Number(size), name }] : [];
  });
}

async function readBlobs(entries: readonly Entry[], run: Repository['run']): Promise<ReadonlyMap<string, string>> {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_CONTENT_BYTES) throw new UserError('the content of the repository is too large');
  const stdin = entries.map(({ oid }) => `${oid}\n`).join('');
  const output = await run(['cat-file', '--batch', '--buffer'], { stdin, maxOutputBytes: 2 * MAX_CONTENT_BYTES });
  const texts = new Map<string, string>();
  let at = 0;
  for (const { name, size } of entries) {
    const start = output.indexOf('\n', at) + 1;
    if (!output.toString('latin1', at, start).endsWith(` ${size}\n`))
      throw new UserError(`${name} is not in the repository: it was fetched in part only`);
    texts.set(name, output.toString('utf8', start, start + size));
    at = start + size + 1;
  }
  return texts;
}

interface Attempt {
  readonly url: string;
  readonly ref: string | undefined;
  readonly secrets: readonly string[];
}

/** What git said, in a word of what to do; without a secret. */
function explained(error: unknown, { url, ref, secrets }: Attempt): unknown {
  if (!(error instanceof GitFailure)) return error;
  const said = withoutSecrets(error.stderr, secrets);
  const place = { file: url };
  if (/unadvertised object/.test(said))
    return new UserError('its server gives out no single commits: name a branch or a tag', { field: '--ref' });
  if (/couldn't find remote ref|not our ref|Needed a single revision|unknown revision/.test(said))
    return new UserError(
      ref === undefined
        ? 'the repository is empty'
        : `there is no branch, tag or commit ${ref}; of a repository elsewhere a commit needs all its 40 digits`,
      ref === undefined ? place : { field: '--ref' },
    );
  if (/dubious ownership/.test(said))
    return new UserError(
      `it belongs to somebody else; if you trust it: git config --global --add safe.directory ${url}`,
      place,
    );
  if (/not a git repository/.test(said)) return new UserError('it is no git repository', place);
  if (
    /terminal prompts disabled|could not read (Username|Password)|Authentication failed|Permission denied|returned error: 40[13]/.test(
      said,
    )
  )
    return new UserError(
      'it asks who you are: give git the credentials (a credential helper, an SSH agent, or user:token@ in the address)',
      place,
    );
  if (/Host key verification failed/.test(said))
    return new UserError('the key of its host is not known: connect to it with ssh once', place);
  if (/not found|returned error: 404|does not (appear to be|exist)/.test(said))
    return new UserError('there is no such repository, or it is not for you to see', place);
  const last = said.split('\n').findLast((line) => /^(fatal|error|remote):/.test(line)) ?? said.trim();
  return new ExternalError(`${url} cannot be read: ${last.slice(0, 500)}`, { retryable: true });
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
  const hidden = known.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return hidden.replaceAll(/:\/\/[^\s/@]*@/g, '://');
}
