/** Thread of a log processor. */
import { parentPort, workerData } from 'node:worker_threads';
import { runLogProcessor } from '../../log-analysis/log-processor.ts';
import { createClaim, createOpen } from '../../sources/configured.ts';
import { openAdapters } from '../adapters.ts';
import { dataDir } from '../data-dir.ts';
import { openLiveDetections } from '../detections/live-detections.ts';
import { installedPackages } from '../detections/python-packages.ts';
import { systemClock } from '../embedded.ts';
import { openLiveEnrichment } from '../enrichment/live-enrichment.ts';
import { readLogTypes } from '../lake/known-log-types.ts';
import { createLog } from '../log.ts';
import { startLife } from '../runtime.ts';
import { hideExperimentalWarnings } from '../warnings.ts';
import { createLogPipeline } from './log-pipeline.ts';
import { sourcesDeps } from './sources.ts';
import type { WorkerCommand, WorkerReport, WorkerSettings } from './worker-protocol.ts';

hideExperimentalWarnings();

const settings = workerData as WorkerSettings;
const dir = dataDir(settings.root);
const clock = systemClock;
const log = createLog({ level: 'info', format: settings.logFormat, now: () => clock.now() });
const stopping = new AbortController();

const { config, env } = settings;
const adapters = await openAdapters({ config, dir, clock, log, env });
const life = await startLife(adapters, config);
const logTypes = await readLogTypes(adapters.state, settings.contentDir);
const enrichment = await openLiveEnrichment(adapters, log);
const detections = await openLiveDetections({
  adapters,
  clock,
  log,
  packages: () => installedPackages(dir.pythonPackages),
  lookup: enrichment.lookup,
});
const minFreeDiskBytes = settings.config.minFreeDiskMb * 1e6;
const sources = sourcesDeps({
  adapters,
  clock,
  log,
  root: dir.root,
  config: { ...settings.config, maxBacklogObjects: Number.POSITIVE_INFINITY },
});
const pipeline = createLogPipeline({
  dir,
  adapters,
  clock,
  log,
  logTypes,
  detections,
  enrich: enrichment.enrich,
  minFreeDiskBytes,
  nonce: life.nonce,
  ...(adapters.local.queue === undefined && config.aws !== undefined
    ? { visibilityMs: config.aws.inputVisibilitySeconds * 1_000 }
    : {}),
  claim: createClaim(sources),
  openFromSource: createOpen(sources),
});

parentPort?.on('message', (command: WorkerCommand) => {
  if (command.kind === 'stop') return stopping.abort();
  void enrichment.reload();
  detections.reload().catch((error: unknown) => log.error({ error }, 'detections cannot be reloaded'));
});
parentPort?.postMessage({ kind: 'ready' } satisfies WorkerReport);

await runLogProcessor(pipeline.deps, stopping.signal);
await pipeline.close();
enrichment.close();
await detections.close();
await life.stop();
await adapters.close();
parentPort?.close();
