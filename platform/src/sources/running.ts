/** Keeps the sources that listen or fetch running, as their rows say. */
import { errorMessage } from '../core/errors.ts';
import type { SourcesTable } from '../ports/state/tables.ts';
import { findSourceType, openSourceConfig, type SourcesDeps, sourceContext } from './configured.ts';
import type { RunningSource } from './source.ts';

/** A source that does not start is tried again after this long, doubled each time. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface SourceRunner {
  /** Starts, restarts and stops what has changed; call it at the start and whenever a source was changed. */
  reload(): Promise<void>;
  /** Resolves when everything that was accepted is durable. */
  stop(): Promise<void>;
}

interface Entry {
  /** What a restart depends on. */
  readonly fingerprint: string;
  running: RunningSource | undefined;
  retry: NodeJS.Timeout | undefined;
}

export function createSourceRunner(deps: SourcesDeps): SourceRunner {
  const entries = new Map<string, Entry>();
  let turn: Promise<void> = Promise.resolve();
  let isStopped = false;

  /** One change at a time. */
  function inTurn(run: () => Promise<void>): Promise<void> {
    const result = turn.then(run);
    turn = result.catch(() => undefined);
    return result;
  }

  async function reload(): Promise<void> {
    if (isStopped) return;
    const rows = await deps.state.db.selectFrom('sources').selectAll().where('enabled', '=', 1).execute();
    const wanted = new Map(rows.filter(canStart).map((row) => [row.id, row]));
    for (const [id, entry] of entries) {
      const row = wanted.get(id);
      if (row === undefined || fingerprint(row) !== entry.fingerprint) await stopEntry(id, entry);
    }
    for (const row of wanted.values()) if (!entries.has(row.id)) await startEntry(row, FIRST_RETRY_MS);
  }

  async function startEntry(row: SourcesTable, retryMs: number): Promise<void> {
    const entry: Entry = { fingerprint: fingerprint(row), running: undefined, retry: undefined };
    entries.set(row.id, entry);
    const context = sourceContext(deps, row);
    try {
      const unit = findSourceType(row.type);
      const config = await openSourceConfig(unit, deps.secrets, row);
      entry.running = await unit.start?.(config, context);
      deps.log.info({ source: row.name, type: row.type }, 'source started');
    } catch (error) {
      deps.log.error({ source: row.name, error, retryMs }, 'source does not start');
      await context.reportHealth({ status: 'unhealthy', message: errorMessage(error) });
      const again = () =>
        void inTurn(() => retryEntry(row, entry, Math.min(retryMs * 2, MAX_RETRY_MS))).catch(logFailure);
      entry.retry = setTimeout(again, retryMs);
    }
  }

  async function retryEntry(row: SourcesTable, entry: Entry, retryMs: number): Promise<void> {
    if (!isStopped && entries.get(row.id) === entry) await startEntry(row, retryMs);
  }

  async function stopEntry(id: string, entry: Entry): Promise<void> {
    entries.delete(id);
    clearTimeout(entry.retry);
    await entry.running?.stop();
  }

  function logFailure(error: unknown): void {
    deps.log.error({ error }, 'sources cannot be started');
  }

  return {
    reload: () => inTurn(reload),
    stop: () =>
      inTurn(async () => {
        isStopped = true;
        await Promise.all([...entries].map(([id, entry]) => stopEntry(id, entry)));
      }),
  };
}

function canStart(row: SourcesTable): boolean {
  try {
    return findSourceType(row.type).start !== undefined;
  } catch {
    // A type of a newer version: the row is shown, and nothing runs.
    return false;
  }
}

function fingerprint(row: SourcesTable): string {
  return JSON.stringify([row.name, row.type, row.log_types, row.config, row.secrets]);
}
