/** The same change for many detections: each is done or has a reason, and all of them are one entry of the audit log. */
import { overridableFields } from '../../detections/packs/overrides.ts';
import { type Changer, changeFields, type Db, switchDetections } from '../../detections/packs/stored.ts';
import type { DetectionsTable } from '../../ports/state/tables.ts';
import type { detectionBulkRoutes } from '../contract/detection-bulk.ts';
import { changerOf } from '../http/audit.ts';
import { invalid } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';

/** Ids in one statement. */
const TOGETHER = 200;

export const detectionBulkHandlers: Handlers<typeof detectionBulkRoutes> = {
  async changeDetections({ deps, body, caller, audit }) {
    const { action, tag } = body;
    const ids = [...new Set(body.ids)];
    audit.target = ids.length === 1 ? (ids[0] ?? '') : `${ids.length} detections`;
    const isSwitch = action === 'enable' || action === 'disable';
    if (!isSwitch && tag === undefined) throw invalid('say which tag', 'tag');
    const [by, at] = [changerOf(caller), deps.clock.now().toISOString()];
    const refused = new Map<string, string>();
    await deps.state.transaction(async (tx) => {
      refused.clear();
      const rows = await rowsOf(tx, ids);
      for (const id of ids) if (!rows.has(id)) refused.set(id, `there is no detection ${id}`);
      if (isSwitch) return switchDetections(tx, [...rows.values()], action === 'enable', by, at);
      for (const row of rows.values()) {
        const reason = await changeTag(tx, row, { tag: tag ?? '', isWanted: action === 'add-tag' }, by, at);
        if (reason !== '') refused.set(row.id, reason);
      }
    });
    await deps.detections.reload();
    const results = ids.map((id) => ({ id, ok: !refused.has(id), reason: refused.get(id) ?? '' }));
    audit.details = { ids: ids.join(' ') };
    return { changed: ids.length - refused.size, results };
  },
};

async function rowsOf(tx: Db, ids: readonly string[]): Promise<ReadonlyMap<string, DetectionsTable>> {
  const found = new Map<string, DetectionsTable>();
  for (let from = 0; from < ids.length; from += TOGETHER) {
    const some = ids.slice(from, from + TOGETHER);
    for (const row of await tx.selectFrom('detections').selectAll().where('id', 'in', some).execute())
      found.set(row.id, row);
  }
  return found;
}

/** Why it cannot be; empty when it is done. */
async function changeTag(
  tx: Db,
  row: DetectionsTable,
  { tag, isWanted }: { readonly tag: string; readonly isWanted: boolean },
  by: Changer,
  at: string,
): Promise<string> {
  if (!('Tags' in overridableFields(row.type))) return `a ${row.type} has no tags`;
  const { Tags: given } = JSON.parse(row.spec) as { readonly Tags?: readonly string[] | null };
  const tags = (given ?? []).filter((one) => one !== tag);
  if (isWanted) tags.push(tag);
  return changeFields(tx, row, { Tags: tags }, by, at);
}
