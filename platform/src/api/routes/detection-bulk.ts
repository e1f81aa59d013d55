/** The same change for many detections: each is done or has a reason, and all of them are one entry of the audit log. */
import type { BulkResult, detectionBulkRoutes } from '../contract/detection-bulk.ts';
import { actorId } from '../http/audit.ts';
import type { Handlers } from '../http/handler.ts';

/** Ids in one statement. */
const TOGETHER = 200;

export const detectionBulkHandlers: Handlers<typeof detectionBulkRoutes> = {
  async changeDetections({ deps, body, caller, audit }) {
    const ids = [...new Set(body.ids)];
    audit.target = ids.length === 1 ? (ids[0] ?? '') : `${ids.length} detections`;
    const enabled = body.action === 'enable' ? (1 as const) : (0 as const);
    const changes = { enabled, updated_at: deps.clock.now().toISOString(), updated_by: actorId(caller) };
    const known = new Set<string>();
    await deps.state.transaction(async (tx) => {
      for (let from = 0; from < ids.length; from += TOGETHER) {
        const some = ids.slice(from, from + TOGETHER);
        const rows = await tx.selectFrom('detections').select('id').where('id', 'in', some).execute();
        for (const { id } of rows) known.add(id);
        await tx.updateTable('detections').set(changes).where('id', 'in', some).execute();
        // Enabled again, what was switched off because it kept failing is given another try.
        if (enabled) await tx.deleteFrom('detection_faults').where('detection_id', 'in', some).execute();
      }
    });
    await deps.detections.reload();
    const results: BulkResult[] = ids.map((id) => {
      const ok = known.has(id);
      return { id, ok, reason: ok ? '' : `there is no detection ${id}` };
    });
    audit.details = { ids: ids.join(' ') };
    return { changed: known.size, results };
  },
};
