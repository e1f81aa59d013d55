/**
 * The life of one watched folder: scans it, follows what the system reports between scans, comes back to files that
 * are still being written, and to files that could not be read. Memory does not grow with the number of files.
 */
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import type { SourceContext } from '../source.ts';
import type { Kind } from './contents.ts';
import { type Examination, examine, type FoundFile, fileIdOf } from './examine.ts';
import { FolderEvents } from './folder-events.ts';
import { findKnown, forgetFiles, type HandOver, handOver } from './hand-over.ts';
import { createMatcher } from './patterns.ts';
import { Problems } from './problems.ts';
import { isRotated } from './rotated.ts';
import { look, type WalkEvents, walk } from './walk.ts';

export interface FolderOptions {
  readonly path: string;
  readonly recursive: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly settleMs: number;
  readonly rescanSeconds: number;
}

const BATCH_FILES = 200;
const OPEN_FILES = 8;
/** Changes that come together are looked at together. */
const DEBOUNCE_MS = 40;
/** What makes sense only as a whole is given more time than the end of a line. */
const WHOLE_SETTLE_MS = 1_000;
const PRESSURE_WAIT_MS = 1_000;
const FAILURE_WAIT_MS = 5_000;
const MAX_REMEMBERED = 50_000;
const FORGET_DAYS = 90;
const DAY_MS = 86_400_000;

export class FolderWatcher {
  readonly #context: SourceContext;
  readonly #options: FolderOptions;
  readonly #events: FolderEvents;
  readonly #problems: Problems;
  readonly #isWanted: (path: string) => boolean;
  readonly #isExcluded: (path: string) => boolean;
  /** Files that are done as they are: signature by path. */
  readonly #done = new Map<string, string>();
  /** Files that are still being written: since when they are as they are. */
  readonly #unsettled = new Map<string, { signature: string; since: number }>();
  #nextScan = 0;
  #nextForget = 0;
  #isStopping = false;
  #wake: () => void = () => undefined;
  readonly #finished: Promise<void>;

  constructor(context: SourceContext, options: FolderOptions) {
    this.#context = context;
    this.#options = options;
    this.#events = new FolderEvents(options.path, () => this.#wake());
    this.#problems = new Problems(context, options.path);
    this.#isWanted = createMatcher(options.include);
    this.#isExcluded = createMatcher(options.exclude);
    this.#finished = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake();
    await this.#finished;
    this.#events.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#turn();
      } catch (error) {
        this.#context.log.error({ source: this.#context.source.name, error }, 'folder cannot be processed');
        await this.#problems.reportFailure(errorMessage(error)).catch(() => undefined);
        await this.#sleep(FAILURE_WAIT_MS);
      }
    }
  }

  async #turn(): Promise<void> {
    if (this.#events.takeNeedsScan() || performance.now() >= this.#nextScan) await this.#scan();
    else await this.#lookAt(this.#toLookAt());
    await this.#problems.report();
    if (!this.#events.hasNews) await this.#sleep(this.#idleMs());
    // What is written in many small steps is looked at once.
    if (!this.#isStopping) await new Promise((resolve) => setTimeout(resolve, DEBOUNCE_MS));
  }

  #idleMs(): number {
    const untilScan = this.#nextScan - performance.now();
    const unsettled = this.#unsettled.size;
    // Looking at one takes a small part of a millisecond.
    return unsettled > 0 ? Math.min(untilScan, Math.max(this.#options.settleMs / 2, 20, unsettled)) : untilScan;
  }

  #sleep(ms: number): Promise<void> {
    if (this.#isStopping || ms <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    return promise.finally(() => clearTimeout(timer));
  }

  async #scan(): Promise<void> {
    const started = performance.now();
    this.#problems.startScan();
    await this.#walkFrom('', () => this.#lookAt(this.#events.takeChanges()));
    // A scan of very many files takes at most a tenth of the time.
    const tookMs = performance.now() - started;
    this.#nextScan = performance.now() + Math.max(this.#options.rescanSeconds * 1_000, tookMs * 9);
    await this.#forget();
  }

  /** @param between called now and then, so that news need not wait for the end */
  async #walkFrom(folder: string, between: () => Promise<void>): Promise<void> {
    let batch: FoundFile[] = [];
    let entries = 0;
    const { path, recursive } = this.#options;
    for await (const entry of walk(path, folder, recursive, this.#walkEvents)) {
      if (this.#isStopping) return;
      batch.push(...this.#candidate(entry.path, entry.stats));
      if (++entries % BATCH_FILES === 0) await between();
      if (batch.length < BATCH_FILES) continue;
      await this.#process(batch);
      batch = [];
    }
    await this.#process(batch);
  }

  readonly #walkEvents: WalkEvents = {
    folder: (path) => this.#events.add(path),
    failed: (path, error) => this.#problems.folderFailed(path, error),
  };

  /** What the system reported, what is still being written, and what could not be read. */
  #toLookAt(): Set<string> {
    return new Set([...this.#events.takeChanges(), ...this.#unsettled.keys(), ...this.#problems.due()]);
  }

  async #lookAt(paths: Iterable<string>): Promise<void> {
    let batch: FoundFile[] = [];
    for (const path of paths) {
      const entry = await look(this.#options.path, path, this.#walkEvents);
      if (entry === undefined) this.#forgetPath(path);
      else if (entry.stats.isDirectory() && this.#options.recursive) await this.#walkFrom(path, async () => undefined);
      else if (entry.stats.isFile()) batch.push(...this.#candidate(path, entry.stats));
      if (batch.length < BATCH_FILES) continue;
      await this.#process(batch);
      batch = [];
    }
    await this.#process(batch);
  }

  #forgetPath(path: string): void {
    this.#unsettled.delete(path);
    this.#done.delete(path);
    this.#problems.solved(path);
  }

  #candidate(path: string, stats: BigIntStats): FoundFile[] {
    const isNews = this.#done.get(path) !== signature(stats) && !this.#problems.isWaiting(path);
    if (!isNews || !this.#isWanted(path) || this.#isExcluded(path)) return [];
    return [{ path, absolutePath: join(this.#options.path, path), fileId: fileIdOf(stats), stats }];
  }

  async #process(all: readonly FoundFile[]): Promise<void> {
    if (all.length === 0) return;
    // One file can be found under two names: while it is renamed, or when it has hard links.
    const files = [...new Map(all.map((file) => [file.fileId, file])).values()];
    await this.#waitForRoom();
    if (this.#isStopping) return;
    const known = await findKnown(this.#context, files);
    const results: HandOver[] = [];
    for (let start = 0; start < files.length; start += OPEN_FILES) {
      const some = files.slice(start, start + OPEN_FILES).map(async (found, index) => {
        const before = known[start + index] ?? { row: undefined };
        const examination = await this.#examine(found, before.row);
        if (examination) results.push({ found, known: before, examination });
      });
      await Promise.all(some);
    }
    await handOver(this.#context, this.#options.path, results);
    for (const result of results) this.#remember(result);
  }

  async #examine(found: FoundFile, before: HandOver['known']['row']): Promise<Examination | undefined> {
    try {
      const examination = await examine(found, {
        before,
        isSettled: (kind, stats) => this.#isSettled(found.path, kind, stats),
        isRotated: (file, kind) => isRotated(file, kind, found.path, this.#context),
      });
      this.#problems.solved(found.path);
      return examination;
    } catch (error) {
      this.#problems.fileFailed(found.path, error);
      return undefined;
    }
  }

  #isSettled(path: string, kind: Kind, stats: BigIntStats): boolean {
    const neededMs = kind === 'lines' ? this.#options.settleMs : Math.max(this.#options.settleMs, WHOLE_SETTLE_MS);
    if (this.#context.clock.now().getTime() - Number(stats.mtimeMs) >= neededMs) return true;
    // The file's clock may be ahead of ours: then what counts is how long we have seen it as it is.
    const seen = this.#unsettled.get(path);
    return seen?.signature === signature(stats) && performance.now() - seen.since >= neededMs;
  }

  /** Only hints are remembered: without them a file is examined again, with the same result. */
  #remember({ found: { path, stats }, examination }: HandOver): void {
    const remembered = examination.isUnsettled ? this.#unsettled : this.#done;
    if (!examination.isUnsettled) this.#unsettled.delete(path);
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value ?? '');
    if (!examination.isUnsettled) {
      // As it was found: had it grown meanwhile, the next look sees a difference.
      this.#done.set(path, signature(stats));
    } else if (this.#unsettled.get(path)?.signature !== signature(stats)) {
      this.#unsettled.set(path, { signature: signature(stats), since: performance.now() });
    }
  }

  async #waitForRoom(): Promise<void> {
    while (!this.#isStopping) {
      const pressure = await this.#context.pressure();
      if (pressure === undefined) return;
      if (pressure.kind === 'full') await this.#problems.reportFailure(pressure.message);
      await this.#sleep(PRESSURE_WAIT_MS);
    }
  }

  async #forget(): Promise<void> {
    const now = this.#context.clock.now().getTime();
    if (now < this.#nextForget || this.#problems.hasFolderProblems || this.#isStopping) return;
    // Once a day every file is looked at, which notes that it was seen.
    this.#done.clear();
    if (this.#nextForget > 0) await forgetFiles(this.#context, new Date(now - FORGET_DAYS * DAY_MS));
    this.#nextForget = now + DAY_MS;
  }
}

function signature(stats: BigIntStats): string {
  return `${fileIdOf(stats)} ${stats.size} ${stats.mtimeNs}`;
}
