/** The same change for many detections. */
import { z } from 'zod';
import { defineRoutes } from './route.ts';

export const BulkResultSchema = z
  .object({ id: z.string(), ok: z.boolean(), /** Why not; empty when it is done. */ reason: z.string() })
  .meta({ id: 'BulkResult' });
export type BulkResult = z.infer<typeof BulkResultSchema>;

export const detectionBulkRoutes = defineRoutes({
  changeDetections: {
    method: 'POST',
    path: '/detections/bulk',
    summary: 'Enable, disable or tag several detections',
    role: 'analyst',
    body: z.object({
      ids: z.array(z.string().min(1).max(300)).min(1).max(1_000),
      action: z.enum(['enable', 'disable', 'add-tag', 'remove-tag']),
      /** For the last two. */
      tag: z.string().trim().min(1).max(200).optional(),
    }),
    response: z.object({ changed: z.int(), results: z.array(BulkResultSchema) }),
    limits: { perMinute: 60, bodyBytes: 512 * 1024 },
    audit: 'detection.bulk',
  },
});
