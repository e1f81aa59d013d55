/** Where a Panther on one machine keeps everything. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface DataDir {
  readonly root: string;
  readonly stateFile: string;
  readonly queueFile: string;
  readonly metricsFile: string;
  readonly secretsFile: string;
  /** Object store: one folder per bucket. */
  readonly objects: string;
  /** Scratch space; emptied at every start. */
  readonly tmp: string;
  /** Packages that Python detections import. */
  readonly pythonPackages: string;
  /** Held by the running Panther; names its process and address. */
  readonly lockFile: string;
}

/** `$PANTHER_DATA_DIR`, else `panther` under `$XDG_DATA_HOME` (`~/.local/share`). */
export function defaultDataDir(env: Readonly<Record<string, string | undefined>>): string {
  if (env.PANTHER_DATA_DIR) return env.PANTHER_DATA_DIR;
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'panther');
}

export function dataDir(root: string): DataDir {
  return {
    root,
    stateFile: join(root, 'state.db'),
    queueFile: join(root, 'queue.db'),
    metricsFile: join(root, 'metrics.db'),
    secretsFile: join(root, 'secrets.key'),
    objects: join(root, 'objects'),
    tmp: join(root, 'tmp'),
    pythonPackages: join(root, 'python-packages'),
    lockFile: join(root, 'panther.lock'),
  };
}
