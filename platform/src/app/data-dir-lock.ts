/**
 * One process per data folder and role. The lock is SQLite's own, on a small file: the operating system drops it when
 * the process dies, however it dies.
 */
import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../core/errors.ts';
import type { DataDir } from './data-dir.ts';

export interface DataDirLock {
  release(): void;
}

/** @throws UserError when another process holds it. */
export function lockDataDir(dir: DataDir, role: string): DataDirLock {
  const path = `${dir.lockFile}.${role}`;
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    const hint = 'stop it, or use another folder with --data-dir';
    throw new UserError(`another Panther is running on ${dir.root}: ${hint}`, { file: path }, { cause });
  }
  return { release: () => database.close() };
}
