/** Writes that come in the same turn of the event loop share one commit, so that they share its wait for the disk. */
import { immediately, type SqliteFile } from './sqlite.ts';

interface Write {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

const MAX_WRITES = 500;

export class GroupCommit {
  readonly #file: SqliteFile;
  #waiting: Write[] = [];
  #isRunning = false;
  #done: Promise<void> = Promise.resolve();

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  /** Resolves after the commit. A function that throws is undone without the others. */
  run<T>(run: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ run, resolve, reject });
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#done = this.#work();
    }
    return promise as Promise<T>;
  }

  settled(): Promise<void> {
    return this.#done;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#waiting.splice(0, MAX_WRITES));
    }
    this.#isRunning = false;
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    try {
      const outcomes = await immediately(this.#file, () => writes.map((write) => this.#attempt(write)));
      outcomes.forEach((outcome, index) => {
        const write = writes[index];
        if ('error' in outcome) write?.reject(outcome.error);
        else write?.resolve(outcome.value);
      });
    } catch (error) {
      for (const write of writes) write.reject(error);
    }
  }

  #attempt(write: Write): { readonly value: unknown } | { readonly error: unknown } {
    const { db } = this.#file;
    db.exec('SAVEPOINT one');
    try {
      const value = write.run();
      db.exec('RELEASE one');
      return { value };
    } catch (error) {
      // A full disk ends the whole transaction: then nothing of it may be reported as done.
      if (!db.isTransaction) throw error;
      db.exec('ROLLBACK TO one; RELEASE one');
      return { error };
    }
  }
}
