/** Runs a log processor in a thread of its own, and starts another when it dies. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import type { WorkerCommand, WorkerReport, WorkerSettings } from './worker-protocol.ts';

export interface LogProcessorThread {
  readonly status: 'starting' | 'ok' | 'failed' | 'stopped';
  /** Why it died last. */
  readonly lastError: string;
  reload(): void;
  stop(): Promise<void>;
}

/** Doubled while it does not come up: what keeps it from that, such as a full disk, may last. */
const RESTART_DELAY_MS = 1_000;
const MAX_RESTART_DELAY_MS = 8_000;

export function startLogProcessorThread(
  url: URL,
  settings: WorkerSettings,
  log: Log,
  onRestart: () => Promise<void>,
): LogProcessorThread {
  let status: LogProcessorThread['status'] = 'starting';
  let lastError = '';
  let worker: Worker;
  let isStopping = false;
  let delayMs = RESTART_DELAY_MS;
  let restarting: NodeJS.Timeout | undefined;
  let isRunning = false;

  function start(): void {
    isRunning = true;
    worker = new Worker(url, { workerData: settings, name: 'log-processor' });
    worker.on('message', (report: WorkerReport) => {
      if (report.kind !== 'ready') return;
      status = 'ok';
      delayMs = RESTART_DELAY_MS;
    });
    worker.on('error', (error) => {
      lastError = error.message;
      log.error({ error }, 'log processor died');
    });
    worker.on('exit', () => {
      isRunning = false;
      if (isStopping) return;
      status = 'failed';
      restartLater();
    });
  }

  function restartLater(): void {
    restarting = setTimeout(() => void restart(), delayMs);
    delayMs = Math.min(delayMs * 2, MAX_RESTART_DELAY_MS);
  }

  async function restart(): Promise<void> {
    try {
      // What it had in work comes back to the queue before another takes from it.
      await onRestart();
      if (!isStopping) start();
    } catch (error) {
      log.error({ error }, 'log processor cannot be restarted yet');
      if (!isStopping) restartLater();
    }
  }

  start();
  return {
    get status() {
      return status;
    },
    get lastError() {
      return lastError;
    },
    reload() {
      worker.postMessage({ kind: 'reload' } satisfies WorkerCommand);
    },
    async stop() {
      isStopping = true;
      status = 'stopped';
      clearTimeout(restarting);
      if (!isRunning) return;
      const ended = once(worker, 'exit');
      worker.postMessage({ kind: 'stop' } satisfies WorkerCommand);
      await ended;
    },
  };
}
