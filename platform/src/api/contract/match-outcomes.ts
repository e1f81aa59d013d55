/** Why an event that detections matched did or did not become an alert; and switching many detections at once. */
import { z } from 'zod';
import { list, TimeInput } from './common.ts';
import { defineRoutes } from './route.ts';

export const MatchOutcomeSchema = z
  .object({
    detectionId: z.string(),
    kind: z.enum(['alert', 'below-threshold', 'signal', 'exception']),
    /** Null when there is none. */
    alertId: z.string().nullable(),
    exceptionId: z.string().nullable(),
    dedup: z.string().nullable(),
    /** One or two sentences for people. */
    explanation: z.string(),
  })
  .meta({ id: 'MatchOutcome' });
export type MatchOutcome = z.infer<typeof MatchOutcomeSchema>;

export const matchOutcomeRoutes = defineRoutes({
  explainMatches: {
    method: 'GET',
    path: '/match-outcomes',
    summary: 'Explain what became of the matches of one event',
    role: 'read-only',
    query: z.object({
      /** `p_row_id` of the event. */
      rowId: z.string().regex(/^[0-9a-f]{1,64}$/, 'must be hex digits, as in p_row_id'),
      /** `p_log_type` of the event. */
      logType: z.string().min(1).max(200),
      /** `p_event_time` of the event. */
      eventTime: TimeInput,
    }),
    response: list(MatchOutcomeSchema),
    limits: { perMinute: 120 },
  },
});
