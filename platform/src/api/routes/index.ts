/** The functions of all routes, by operation id. A route without one does not compile. */
import type { Routes } from '../contract.ts';
import type { Handlers } from '../http/handler.ts';
import { alertHandlers } from './alerts.ts';
import { authHandlers } from './auth.ts';
import { destinationHandlers } from './destinations.ts';
import { detectionBulkHandlers } from './detection-bulk.ts';
import { detectionDraftHandlers } from './detection-drafts.ts';
import { detectionOverrideHandlers } from './detection-overrides.ts';
import { detectionVersionHandlers } from './detection-versions.ts';
import { detectionHandlers } from './detections.ts';
import { exceptionHandlers } from './exceptions.ts';
import { logTypeHandlers } from './log-types.ts';
import { lookupTableHandlers } from './lookup-tables.ts';
import { matchOutcomeHandlers } from './match-outcomes.ts';
import { overviewHandlers } from './overview.ts';
import { packHandlers } from './packs.ts';
import { queueHandlers } from './queues.ts';
import { replayHandlers } from './replays.ts';
import { scheduleHandlers } from './schedules.ts';
import { searchHandlers } from './search.ts';
import { sourceHandlers } from './sources.ts';
import { systemHandlers } from './system.ts';
import { tokenHandlers } from './tokens.ts';
import { userHandlers } from './users.ts';

export const HANDLERS: Handlers<Routes> = {
  ...authHandlers,
  ...userHandlers,
  ...tokenHandlers,
  ...overviewHandlers,
  ...systemHandlers,
  ...queueHandlers,
  ...sourceHandlers,
  ...logTypeHandlers,
  ...alertHandlers,
  ...detectionHandlers,
  ...detectionDraftHandlers,
  ...detectionVersionHandlers,
  ...detectionOverrideHandlers,
  ...detectionBulkHandlers,
  ...packHandlers,
  ...exceptionHandlers,
  ...matchOutcomeHandlers,
  ...replayHandlers,
  ...scheduleHandlers,
  ...lookupTableHandlers,
  ...destinationHandlers,
  ...searchHandlers,
};
