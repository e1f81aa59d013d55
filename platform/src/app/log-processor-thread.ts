/** Runs a log processor in a thread of its own, and starts another when it dies. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log } from './log.ts';
import type { WorkerCommand, WorkerReport, WorkerSettings } from './worker-protocol.ts';

export interface LogProcessorThread {
  readonly status: 'starting' | 'ok' | 'failed' | 'stopped';
  /** Why it died last. */
  readonly lastError: string;
  reload(): void;
  stop(): Promise<void>;
}

const RESTART_DELAY_MS = 1_000;

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

  function start(): void {
    worker = new Worker(url, { workerData: settings, name: 'log-processor' });
    worker.on('message', (report: WorkerReport) => {
      if (report.kind === 'ready') status = 'ok';
    });
    worker.on('error', (error) => {
      lastError = error.message;
      log.error({ error }, 'log processor died');
    });
    worker.on('exit', () => {
      if (isStopping) return;
      status = 'failed';
      // What it had in work comes back to the queue before another takes from it.
      setTimeout(() => {
        onRestart().then(start, (error: unknown) => log.error({ error }, 'log processor cannot be restarted'));
      }, RESTART_DELAY_MS);
    });
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
      const ended = once(worker, 'exit');
      worker.postMessage({ kind: 'stop' } satisfies WorkerCommand);
      await ended;
    },
  };
}
