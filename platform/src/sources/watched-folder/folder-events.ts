/** What the system says has changed below a folder. A hint only: whatever it misses, the next scan finds. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, join } from 'node:path';

/** Systems allow a limited number of watches; folders beyond are only scanned. */
const MAX_FOLDERS = 1_000;
const MAX_CHANGES = 10_000;

export class FolderEvents {
  readonly #root: string;
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #changes = new Set<string>();
  #needsScan = false;

  constructor(root: string, onChange: () => void) {
    this.#root = root;
    this.#onChange = onChange;
  }

  /** Watches a folder (relative path) from now on. */
  add(folder: string): void {
    if (this.#watchers.has(folder) || this.#watchers.size >= MAX_FOLDERS) return;
    try {
      const watcher = watch(join(this.#root, folder), { persistent: false }, (_, name) => this.#changed(folder, name));
      watcher.on('error', () => this.#remove(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      // Gone, not readable, or no watches left: the scan says so, or finds the files by itself.
    }
  }

  #changed(folder: string, name: string | null): void {
    const isItself = name === null || name === basename(join(this.#root, folder));
    if (isItself) {
      // The folder itself may be gone, and another may have its name.
      this.#remove(folder);
      this.#needsScan = true;
    }
    if (name !== null) this.#changes.add(folder === '' ? name : `${folder}/${name}`);
    if (this.#changes.size > MAX_CHANGES) {
      this.#changes.clear();
      this.#needsScan = true;
    }
    this.#onChange();
  }

  #remove(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  get hasNews(): boolean {
    return this.#needsScan || this.#changes.size > 0;
  }

  /** Paths that changed since the last call. */
  takeChanges(): string[] {
    const changes = [...this.#changes];
    this.#changes = new Set();
    return changes;
  }

  /** Whether something changed that only a scan can find; once. */
  takeNeedsScan(): boolean {
    const needed = this.#needsScan;
    this.#needsScan = false;
    return needed;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
