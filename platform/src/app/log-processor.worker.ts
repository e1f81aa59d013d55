/** Thread of a log processor. */

import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { runLogProcessor } from '../log-analysis/log-processor.ts';
import { loadLogTypes } from '../log-analysis/schema.ts';
import { createOpen } from '../sources/configured.ts';
import { dataDir } from './data-dir.ts';
import { openEmbedded, systemClock } from './embedded.ts';
import { openLiveDetections } from './live-detections.ts';
import { createLog } from './log.ts';
import { createLogPipeline } from './log-pipeline.ts';
import { sourcesDeps } from './sources.ts';
import { hideExperimentalWarnings } from './warnings.ts';
import type { WorkerCommand, WorkerReport, WorkerSettings } from './worker-protocol.ts';

hideExperimentalWarnings();

const settings = workerData as WorkerSettings;
const dir = dataDir(settings.root);
const clock = systemClock;
const log = createLog({ level: 'info', format: settings.logFormat, now: () => clock.now() });
const stopping = new AbortController();

const adapters = await openEmbedded(dir, clock);
const logTypes = loadLogTypes(join(settings.contentDir, 'log-types'));
const detections = await openLiveDetections({ adapters, clock, log });
const minFreeDiskBytes = settings.config.minFreeDiskMb * 1e6;
const open = createOpen(
  sourcesDeps({
    adapters,
    clock,
    log,
    root: dir.root,
    config: { ...settings.config, maxBacklogObjects: Number.POSITIVE_INFINITY },
  }),
);
const pipeline = createLogPipeline({
  dir,
  adapters,
  clock,
  log,
  logTypes,
  detections,
  minFreeDiskBytes,
  openFromSource: open,
});

parentPort?.on('message', (command: WorkerCommand) => {
  if (command.kind === 'stop') stopping.abort();
  else detections.reload().catch((error: unknown) => log.error({ error }, 'detections cannot be reloaded'));
});
parentPort?.postMessage({ kind: 'ready' } satisfies WorkerReport);

await runLogProcessor(pipeline.deps, stopping.signal);
await pipeline.close();
await detections.close();
await adapters.close();
parentPort?.close();
