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
  async runDraftOnEvent({ deps, body: { event, ...draft }, audit }) {
    const eventJson = typeof event === 'string' ? event : JSON.stringify(event);
    // Events are data of the lake: they stay out of the audit log.
    audit.details = { event: `[${eventJson.length} characters]` };
    return deps.detections.runDraft(draft, eventJson);
  },
  async listDraftEvents({ deps, query }) {
    return { items: [...(await deps.recentEvents(query.logType, query.limit ?? 10))] };
  },
};
