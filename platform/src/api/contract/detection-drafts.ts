/** Detections that are not saved: what is wrong with them, when they would run, and their tests. */
import { z } from 'zod';
import { TestRunSchema } from './detections.ts';
import { defineRoutes } from './route.ts';

const MAX_TEXT = 500_000;
const BODY_BYTES = 2 << 20;

export const DetectionDraftSchema = z
  .object({
    /** The specification in YAML, or a Sigma rule. */
    yaml: z.string().max(MAX_TEXT),
    /** The code; empty for what has none. */
    body: z.string().max(MAX_TEXT),
  })
  .meta({ id: 'DetectionDraft' });
export type DetectionDraft = z.infer<typeof DetectionDraftSchema>;

export const DraftMessageSchema = z
  .object({
    severity: z.enum(['error', 'warning']),
    file: z.enum(['yaml', 'body']),
    /** From 1. */
    line: z.int(),
    message: z.string(),
  })
  .meta({ id: 'DraftMessage' });
export type DraftMessage = z.infer<typeof DraftMessageSchema>;

export const DraftCheckSchema = z
  .object({
    /** Null while there is no valid specification. */
    id: z.string().nullable(),
    logTypes: z.array(z.string()),
    testNames: z.array(z.string()),
    /** What an event must have for the code to be run on it, in words; null: it is run on every event of its log types. */
    condition: z.string().nullable(),
    messages: z.array(DraftMessageSchema),
  })
  .meta({ id: 'DraftCheck' });
export type DraftCheck = z.infer<typeof DraftCheckSchema>;

export const detectionDraftRoutes = defineRoutes({
  checkDraft: {
    method: 'POST',
    path: '/detection-drafts/check',
    summary: 'Check a detection that is not saved, as `panther validate` does',
    role: 'analyst',
    body: DetectionDraftSchema,
    response: DraftCheckSchema,
    limits: { perMinute: 240, bodyBytes: BODY_BYTES },
  },
  testDraft: {
    method: 'POST',
    path: '/detection-drafts/test',
    summary: 'Run the tests of a detection that is not saved',
    role: 'analyst',
    body: DetectionDraftSchema.extend({
      /** All tests unless given. */
      names: z.array(z.string().max(300)).max(200).optional(),
    }),
    response: TestRunSchema,
    limits: { perMinute: 60, bodyBytes: BODY_BYTES },
    audit: 'detection-draft.test',
  },
});
