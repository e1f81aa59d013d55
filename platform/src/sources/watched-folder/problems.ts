/** What of a watched folder cannot be read: shown as the source's health, tried again less and less often. */
import { errorMessage } from '../../core/errors.ts';
import type { SourceContext } from '../source.ts';

const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 300_000;
const MAX_FILES = 10_000;

interface Problem {
  readonly message: string;
  readonly waitMs: number;
  readonly retryAt: number;
}

export class Problems {
  readonly #context: SourceContext;
  readonly #root: string;
  readonly #files = new Map<string, Problem>();
  #folders = new Map<string, string>();

  constructor(context: SourceContext, root: string) {
    this.#context = context;
    this.#root = root;
  }

  get hasFolderProblems(): boolean {
    return this.#folders.size > 0;
  }

  /** Every scan finds out about folders anew. */
  startScan(): void {
    this.#folders = new Map();
  }

  folderFailed(path: string, error: unknown): void {
    // What is below the root may vanish at any time.
    const isGone = path !== '' && ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
    if (!isGone && this.#folders.size < MAX_FILES) this.#folders.set(path, reason(error));
  }

  fileFailed(path: string, error: unknown): void {
    if (codeOf(error) === 'ENOENT') {
      this.solved(path);
      return;
    }
    const waitMs = Math.min((this.#files.get(path)?.waitMs ?? FIRST_WAIT_MS / 2) * 2, MAX_WAIT_MS);
    if (this.#files.size >= MAX_FILES && !this.#files.has(path)) return;
    this.#files.set(path, { message: reason(error), waitMs, retryAt: performance.now() + waitMs });
  }

  solved(path: string): void {
    this.#files.delete(path);
  }

  /** Not to be tried yet. */
  isWaiting(path: string): boolean {
    return performance.now() < (this.#files.get(path)?.retryAt ?? 0);
  }

  due(): string[] {
    return Array.from(this.#files.keys()).filter((path) => !this.isWaiting(path));
  }

  async report(): Promise<void> {
    const [problem] = [...this.#folders, ...Array.from(this.#files, ([path, { message }]) => [path, message] as const)];
    if (problem === undefined) return this.#context.reportHealth({ status: 'healthy', message: '' });
    const [path, message] = problem;
    const others = this.#folders.size + this.#files.size - 1;
    const more = others === 0 ? '' : ` (and ${others} more)`;
    await this.reportFailure(`${path === '' ? this.#root : `${this.#root}/${path}`} ${message}${more}`);
  }

  reportFailure(message: string): Promise<void> {
    return this.#context.reportHealth({ status: 'unhealthy', message });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reason(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'does not exist: create the folder, or correct the path';
  if (code === 'ENOTDIR') return 'is not a folder: correct the path';
  if (code === 'EACCES' || code === 'EPERM')
    return 'cannot be read: give the user that runs Panther the right to read it';
  return `cannot be read: ${errorMessage(error)}`;
}
