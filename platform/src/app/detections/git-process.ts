/** Runs the program `git` so that it asks nobody anything, runs nothing of a repository, and ends. */
import { spawn } from 'node:child_process';
import { ExternalError, UserError } from '../../core/errors.ts';

export interface GitRun {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** More of the environment, such as configuration with credentials: what is in arguments every user can see. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Transports that may be used, such as `https`. */
  readonly protocol: 'https' | 'ssh' | 'none';
  readonly signal: AbortSignal;
  readonly maxOutputBytes: number;
  readonly stdin?: string;
}

/** It ran, and failed. */
export class GitFailure extends Error {
  readonly stderr: string;

  constructor(stderr: string) {
    super(stderr);
    this.stderr = stderr;
  }
}

/** Of a repository that the user happens to be in, or that would write more than is wanted. */
const NOT_PASSED_ON =
  /^(GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|COMMON_DIR|TRACE.*|CURL_VERBOSE|ASKPASS|CONFIG)|SSH_ASKPASS)$/;
const SETTINGS = {
  'core.hooksPath': '/dev/null',
  'core.askPass': '',
  'credential.interactive': 'false',
  'fetch.recurseSubmodules': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'http.lowSpeedLimit': '1000',
  'http.lowSpeedTime': '60',
};
const MAX_STDERR = 20_000;

/** Its stdout. @throws GitFailure; UserError when there is no git; ExternalError when it was ended */
export function runGit(args: readonly string[], run: GitRun): Promise<Buffer> {
  const settings = Object.entries(SETTINGS).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const isGroup = process.platform !== 'win32';
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  if (run.signal.aborted) throw run.signal.reason;
  // A session of its own: without a terminal nothing can ask for a password on it, and all of it can be ended.
  const child = spawn('git', [...settings, ...args], {
    cwd: run.cwd,
    env: environment(run),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: isGroup,
    windowsHide: true,
  });
  const output: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let reason: Error | undefined;
  const end = (why: Error) => {
    reason ??= why;
    try {
      if (isGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  const abort = () => end(asError(run.signal.reason));
  run.signal.addEventListener('abort', abort, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    output.push(chunk);
    if (size > run.maxOutputBytes) end(new UserError('the repository is too large'));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-MAX_STDERR);
  });
  child.stdin.on('error', () => {}); // It ended before it had read all: its status tells.
  child.stdin.end(run.stdin ?? '');
  child.on('error', (cause: NodeJS.ErrnoException) => reject(cause.code === 'ENOENT' ? noGit(cause) : cause));
  child.on('close', (status) => {
    run.signal.removeEventListener('abort', abort);
    if (reason !== undefined) reject(reason);
    else if (status === 0) resolve(Buffer.concat(output));
    else reject(new GitFailure(stderr));
  });
  return promise;
}

function environment({ env, extraEnv, protocol }: GitRun): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !NOT_PASSED_ON.test(name));
  return {
    ...Object.fromEntries(kept),
    GIT_SSH_COMMAND: env.GIT_SSH_COMMAND ?? (env.GIT_SSH === undefined ? 'ssh -oBatchMode=yes' : undefined),
    ...extraEnv,
    GIT_ALLOW_PROTOCOL: protocol,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GCM_INTERACTIVE: 'never',
    SSH_ASKPASS_REQUIRE: 'never',
    LC_ALL: 'C',
  };
}

function noGit(cause: Error): UserError {
  return new UserError(
    'there is no program git here: install it (https://git-scm.com), or download the repository as a zip and name that',
    {},
    { cause },
  );
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new ExternalError('git was ended', { retryable: true });
}
