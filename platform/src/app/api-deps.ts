/** What the HTTP API is given: the functions of every domain over one set of adapters. */
import { randomBytes } from 'node:crypto';
import { resendAlert } from '../alerts/deliveries.ts';
import type { DeliveryOptions } from '../alerts/delivery-loop.ts';
import { relayOutbox } from '../alerts/outbox.ts';
import { sendTestAlert } from '../alerts/test-alert.ts';
import type { ApiDeps, Detections, Packs } from '../api/deps.ts';
import { DESTINATIONS } from '../destinations/index.ts';
import { storedDetection } from '../detections/detection.ts';
import type { LakeSql } from '../lake/sql.ts';
import { openKeptRecords } from '../log-analysis/kept-records.ts';
import type { LogTypes } from '../log-analysis/schema.ts';
import type { Clock } from '../ports/clock.ts';
import { SOURCES } from '../sources/index.ts';
import type { Adapters } from './adapters.ts';
import { readAlertEvents, readRecentEvents } from './alert-events.ts';
import { lakeForApi } from './lake/lake-for-api.ts';
import { logTypesForApi } from './lake/log-types-for-api.ts';
import type { Log } from './log.ts';
import { reprocessKept } from './log-processing/kept.ts';

export interface ApiParts {
  readonly adapters: Adapters;
  readonly clock: Clock;
  readonly log: Log;
  readonly logTypes: LogTypes;
  readonly lake: LakeSql;
  readonly tmpDir: string;
  readonly delivery: DeliveryOptions;
  readonly detections: Detections;
  readonly packs: Packs;
  readonly intake: ApiDeps['intake'];
  sourcesChanged(): Promise<void>;
  readonly system: ApiDeps['system'];
  readonly health: ApiDeps['health'];
}

export function createApiDeps(parts: ApiParts): ApiDeps {
  const { adapters, clock, log, lake, delivery } = parts;
  const { state, secrets, queue, metrics, objects } = adapters;
  const nonce = () => randomBytes(8).toString('hex');
  return {
    state,
    secrets,
    queue,
    metrics,
    clock,
    log,
    randomBytes,
    lake: lakeForApi(lake, parts.tmpDir),
    alertEvents: (alert, page) => readAlertEvents(lake, alert, page),
    recentEvents: (logType, limit) => readRecentEvents(lake, logType, limit, clock.now()),
    sourceTypes: SOURCES,
    destinationTypes: DESTINATIONS,
    logTypes: logTypesForApi(parts.logTypes),
    detections: parts.detections,
    packs: parts.packs,
    async storeLookup(table, file) {
      const { storeFile } = await import('./enrichment/lookup-store.ts');
      await storeFile({ state, objects }, clock, storedDetection(table), file);
    },
    sourcesChanged: parts.sourcesChanged,
    intake: parts.intake,
    keptRecords: (objectKey) => openKeptRecords(objects, objectKey),
    reprocess: (sourceId, objectKeys) => reprocessKept({ state, queue, objects, nonce }, sourceId, objectKeys),
    sendTestAlert: (destination) => sendTestAlert(destination, nonce(), delivery),
    async resendAlert(alertId, destinationIds) {
      const count = await resendAlert(state, alertId, destinationIds, clock.now());
      await relayOutbox({ state, queue, log });
      return count;
    },
    system: parts.system,
    health: parts.health,
  };
}
