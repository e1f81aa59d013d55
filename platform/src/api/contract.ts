/**
 * The HTTP API's contract: schemas of every request and response under `/api/v1`, and the table of routes. This is all
 * of the platform that the console may import, types only:
 *
 * ```ts
 * import type { ApiCalls, AlertDetail } from '@panther/platform/contract';
 * async function call<K extends keyof ApiCalls>(route: K, ask: Partial<ApiCalls[K]>): Promise<ApiCalls[K]['response']>;
 * const alert: AlertDetail = await call('GET /alerts/:id', { params: { id } });
 * ```
 *
 * A browser signs in with `POST /session`, gets a cookie, and sends `csrfToken` as header `x-csrf-token` with every
 * request that is not a GET. Lists in a query are repeated keys: `?severity=HIGH&severity=CRITICAL`.
 */
import { alertRoutes } from './contract/alerts.ts';
import { authRoutes } from './contract/auth.ts';
import { destinationRoutes } from './contract/destinations.ts';
import { detectionBulkRoutes } from './contract/detection-bulk.ts';
import { detectionDraftRoutes } from './contract/detection-drafts.ts';
import { detectionOverrideRoutes } from './contract/detection-overrides.ts';
import { detectionVersionRoutes } from './contract/detection-versions.ts';
import { detectionRoutes } from './contract/detections.ts';
import { exceptionRoutes } from './contract/exceptions.ts';
import { lookupTableRoutes } from './contract/lookup-tables.ts';
import { matchOutcomeRoutes } from './contract/match-outcomes.ts';
import { overviewRoutes } from './contract/overview.ts';
import { packRoutes } from './contract/packs.ts';
import { queueRoutes } from './contract/queues.ts';
import { replayRoutes } from './contract/replays.ts';
import type { CallsOf } from './contract/route.ts';
import { scheduleRoutes } from './contract/schedules.ts';
import { searchRoutes } from './contract/search.ts';
import { sourceRoutes } from './contract/sources.ts';
import { systemRoutes } from './contract/system.ts';
import { userRoutes } from './contract/users.ts';

export type * from './contract/alerts.ts';
export type * from './contract/auth.ts';
export type * from './contract/common.ts';
export type * from './contract/destinations.ts';
export type * from './contract/detection-bulk.ts';
export type * from './contract/detection-drafts.ts';
export type * from './contract/detection-overrides.ts';
export type * from './contract/detection-versions.ts';
export type * from './contract/detections.ts';
export type * from './contract/exceptions.ts';
export type * from './contract/lookup-tables.ts';
export type * from './contract/match-outcomes.ts';
export type * from './contract/overview.ts';
export type * from './contract/packs.ts';
export type * from './contract/queues.ts';
export type * from './contract/replays.ts';
export type * from './contract/route.ts';
export type * from './contract/schedules.ts';
export type * from './contract/search.ts';
export type * from './contract/sources.ts';
export type * from './contract/system.ts';
export type * from './contract/users.ts';

/** Every route, by operation id. */
export const ROUTES = {
  ...authRoutes,
  ...userRoutes,
  ...overviewRoutes,
  ...systemRoutes,
  ...queueRoutes,
  ...sourceRoutes,
  ...alertRoutes,
  ...detectionRoutes,
  ...detectionDraftRoutes,
  ...detectionVersionRoutes,
  ...detectionOverrideRoutes,
  ...detectionBulkRoutes,
  ...packRoutes,
  ...exceptionRoutes,
  ...matchOutcomeRoutes,
  ...replayRoutes,
  ...scheduleRoutes,
  ...lookupTableRoutes,
  ...destinationRoutes,
  ...searchRoutes,
};

export type Routes = typeof ROUTES;
export type OperationId = keyof Routes;

/** Every call by `METHOD /path`: `ApiCalls['GET /alerts']['query']`. */
export type ApiCalls = CallsOf<Routes>;
