/** Overrides of a pack's detection, and the record of its changes. */
import { overridableFields, readOverrides } from '../../detections/packs/overrides.ts';
import { contentUnder, isOfPack, setOverrides } from '../../detections/packs/stored.ts';
import type { DetectionsTable } from '../../ports/state/tables.ts';
import type { DetectionChange, DetectionOverrides, detectionOverrideRoutes } from '../contract/detection-overrides.ts';
import type { ApiDeps } from '../deps.ts';
import { changerOf } from '../http/audit.ts';
import { conflict } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';
import { detectionSummary, requireDetection } from './detections.ts';

const CHANGES = 500;

export const detectionOverrideHandlers: Handlers<typeof detectionOverrideRoutes> = {
  async getDetectionOverrides({ deps, params }) {
    return shownOverrides(deps, await requireDetection(deps, params.id));
  },
  async setDetectionOverrides({ deps, params, body, caller }) {
    const [by, at] = [changerOf(caller, body.note), deps.clock.now().toISOString()];
    await requireDetection(deps, params.id);
    await deps.state.transaction(async (tx) => {
      const row = await tx.selectFrom('detections').selectAll().where('id', '=', params.id).executeTakeFirstOrThrow();
      if (!isOfPack(row)) throw conflict(`${row.id} is of your own: change it in the editor`, 'id');
      if (row.version !== body.expectedVersion)
        throw conflict(`${row.id} has been changed meanwhile: load it again`, 'expectedVersion');
      await setOverrides(tx, row, body.overrides, by, at);
    });
    await deps.detections.reload();
    return detectionSummary(deps, await requireDetection(deps, params.id));
  },
  async listDetectionChanges({ deps, params }) {
    const rows = await deps.state.db
      .selectFrom('detection_changes')
      .selectAll()
      .where('detection_id', '=', params.id)
      .orderBy('at', 'desc')
      .orderBy('id')
      .limit(CHANGES)
      .execute();
    const items = rows.map((row) => {
      const { fields = [], note = '' } = JSON.parse(row.details) as { fields?: string[]; note?: string };
      return {
        at: row.at,
        by: row.actor,
        byName: row.actor_name,
        action: row.action as DetectionChange['action'],
        fields,
        fromVersion: row.from_version,
        toVersion: row.to_version,
        pack: row.pack_id,
        note,
      };
    });
    return { items };
  },
};

async function shownOverrides({ state }: ApiDeps, row: DetectionsTable): Promise<DetectionOverrides> {
  const { spec } = await contentUnder(state.db, row);
  const overrides = readOverrides(row);
  const kinds = isOfPack(row) ? overridableFields(row.type) : {};
  const fields = Object.entries(kinds).map(([field, kind]) => {
    const isOverridden = field in overrides;
    const packValue = spec[field] ?? null;
    return { field, kind, packValue, value: isOverridden ? overrides[field] : packValue, isOverridden };
  });
  return { origin: row.origin, version: row.version, fields };
}
