/** Detections that are not saved. */
import type { detectionDraftRoutes } from '../contract/detection-drafts.ts';
import type { Handlers } from '../http/handler.ts';

export const detectionDraftHandlers: Handlers<typeof detectionDraftRoutes> = {
  async checkDraft({ deps, body }) {
    return deps.detections.check(body);
  },
  async testDraft({ deps, body }) {
    return deps.detections.testDraft(body, body.names);
  },
};
