/** Saving single detections, and the versions they had. */
import { z } from 'zod';
import { IdParams, list, Time } from './common.ts';
import { DetectionDraftSchema } from './detection-drafts.ts';
import { DetectionSummarySchema } from './detections.ts';
import { defineRoutes } from './route.ts';

export const DetectionVersionSchema = z
  .object({
    version: z.string(),
    createdAt: Time,
    /** User id, `token:<id>` or `system`. */
    createdBy: z.string(),
    createdByName: z.string(),
    isCurrent: z.boolean(),
  })
  .meta({ id: 'DetectionVersion' });
export type DetectionVersion = z.infer<typeof DetectionVersionSchema>;

export const DetectionSourceSchema = DetectionDraftSchema.extend({ version: z.string() }).meta({
  id: 'DetectionSource',
});
export type DetectionSource = z.infer<typeof DetectionSourceSchema>;

const VersionParams = IdParams.extend({ version: z.string().min(1).max(100) });

export const detectionVersionRoutes = defineRoutes({
  getDetectionSource: {
    method: 'GET',
    path: '/detections/:id/source',
    summary: 'Get the specification of a detection as YAML, and its code',
    role: 'read-only',
    params: IdParams,
    response: DetectionSourceSchema,
  },
  saveDetection: {
    method: 'PUT',
    path: '/detections/:id',
    summary: 'Save a detection, a new one or another version of one',
    role: 'analyst',
    params: IdParams,
    body: DetectionDraftSchema.extend({
      /** The version that was edited; null for a new one. Another one has been saved meanwhile: 409. */
      expectedVersion: z.string().max(100).nullable(),
      /** Why, for those who read its history. */
      note: z.string().max(2_000).default(''),
    }),
    response: DetectionSummarySchema,
    limits: { perMinute: 60, bodyBytes: 2 << 20 },
    audit: 'detection.save',
  },
  listDetectionVersions: {
    method: 'GET',
    path: '/detections/:id/versions',
    summary: 'List the versions of a detection, newest first',
    role: 'read-only',
    params: IdParams,
    response: list(DetectionVersionSchema),
  },
  getDetectionVersion: {
    method: 'GET',
    path: '/detections/:id/versions/:version',
    summary: 'Get a version of a detection',
    role: 'read-only',
    params: VersionParams,
    response: DetectionSourceSchema,
  },
  rollBackDetection: {
    method: 'POST',
    path: '/detections/:id/roll-back',
    summary: 'Make an earlier version of a detection the current one',
    role: 'analyst',
    params: IdParams,
    body: z.object({ version: z.string().min(1).max(100), note: z.string().max(2_000).default('') }),
    response: DetectionSummarySchema,
    audit: 'detection.roll-back',
  },
  deleteDetection: {
    method: 'DELETE',
    path: '/detections/:id',
    summary: 'Delete a detection that was made here',
    role: 'analyst',
    params: IdParams,
    response: 'none',
    audit: 'detection.delete',
  },
});
