/** Fields of a pack's detection that are other here than in the pack, and who changed what about a detection. */
import { z } from 'zod';
import { IdParams, list, Time } from './common.ts';
import { DetectionSummarySchema } from './detections.ts';
import { defineRoutes } from './route.ts';

export const OverridableFieldSchema = z
  .object({
    /** Key of the specification, e.g. `Severity`. */
    field: z.string(),
    kind: z.enum(['text', 'long-text', 'integer', 'boolean', 'list', 'severity', 'destinations', 'reports']),
    /** Null: absent. */
    packValue: z.unknown(),
    /** What counts: the override, or the pack's. */
    value: z.unknown(),
    isOverridden: z.boolean(),
  })
  .meta({ id: 'OverridableField' });
export type OverridableField = z.infer<typeof OverridableFieldSchema>;

export const DetectionOverridesSchema = z
  .object({
    /** Whose content it is. */
    origin: z.string(),
    /** Of the detection as it runs; pass it with a change. */
    version: z.string(),
    fields: z.array(OverridableFieldSchema),
  })
  .meta({ id: 'DetectionOverrides' });
export type DetectionOverrides = z.infer<typeof DetectionOverridesSchema>;

export const DetectionChangeSchema = z
  .object({
    at: Time,
    by: z.string(),
    byName: z.string(),
    action: z.enum(['added', 'changed', 'removed', 'saved', 'rolled-back', 'enabled', 'disabled', 'overridden']),
    /** What differs, as far as it is known. */
    fields: z.array(z.string()),
    fromVersion: z.string().nullable(),
    toVersion: z.string().nullable(),
    /** The pack that brought the change. */
    pack: z.string().nullable(),
    note: z.string(),
  })
  .meta({ id: 'DetectionChange' });
export type DetectionChange = z.infer<typeof DetectionChangeSchema>;

export const detectionOverrideRoutes = defineRoutes({
  getDetectionOverrides: {
    method: 'GET',
    path: '/detections/:id/overrides',
    summary: "Get the fields of a pack's detection that can be overridden, and what they are",
    role: 'read-only',
    params: IdParams,
    response: DetectionOverridesSchema,
  },
  setDetectionOverrides: {
    method: 'PUT',
    path: '/detections/:id/overrides',
    summary: "Override fields of a pack's detection; the pack's updates leave them as they are",
    role: 'analyst',
    params: IdParams,
    body: z.object({
      /** All overrides: one that is left out is reset. Null as a value: the field is absent. */
      overrides: z.record(z.string().max(100), z.unknown()),
      /** The version that was looked at; it has changed meanwhile: 409. */
      expectedVersion: z.string().max(100),
      note: z.string().max(2_000).default(''),
    }),
    response: DetectionSummarySchema,
    limits: { perMinute: 120, bodyBytes: 256 << 10 },
    audit: 'detection.override',
  },
  listDetectionChanges: {
    method: 'GET',
    path: '/detections/:id/changes',
    summary: 'List who changed what about a detection, newest first',
    role: 'read-only',
    params: IdParams,
    response: list(DetectionChangeSchema),
  },
});
