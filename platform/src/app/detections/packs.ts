/** Packs of detections: what an upload would change, installing it, earlier revisions. */
import type { PackPlan } from '../../cli/services.ts';
import { UserError } from '../../core/errors.ts';
import { type Detection, storedDetection } from '../../detections/detection.ts';
import { planContent } from '../../detections/packs/plan.ts';
import { type Changer, readInstalled } from '../../detections/packs/stored.ts';
import type { Clock } from '../../ports/clock.ts';
import type { State } from '../../ports/state/state.ts';
import { type Installation, install, revisionOf } from './detection-store.ts';

export interface PackSummary {
  readonly name: string;
  readonly revision: number;
  readonly detections: number;
  readonly overridden: number;
  readonly source: PackSource | null;
  readonly installedAt: string;
  readonly updatedAt: string;
}

/** A repository of git that content came from. */
export interface PackSource {
  readonly url: string;
  readonly ref: string | null;
  /** Within the repository; empty for all of it. */
  readonly folder: string;
  readonly commit: string;
  /** What of it was chosen, on the command line. */
  readonly packs?: readonly string[];
  readonly filters?: readonly string[];
}

export interface PackRevision {
  readonly revision: number;
  readonly at: string;
  readonly by: string;
  readonly actor: string;
  readonly note: string;
  readonly source: PackSource | null;
  readonly detections: number;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface Packs {
  plan(name: string, detections: readonly Detection[]): Promise<PackPlan>;
  /** @throws StalePlan when the pack was changed since the plan was made */
  apply(
    plan: Pick<PackPlan, 'name' | 'revision'>,
    detections: readonly Detection[],
    by: Changer,
    source?: PackSource,
  ): Promise<Installation>;
  /** Removes what is the pack's; its history stays. @throws UserError when there is no such pack */
  uninstall(name: string, by: Changer): Promise<Installation>;
  /** Of what is installed, and of what was and is not any more. */
  list(): Promise<readonly PackSummary[]>;
  /** The newest first. @throws UserError when there is no such pack */
  history(name: string): Promise<readonly PackRevision[]>;
  /** With what was chosen of it; without a revision as it is now. Undefined: a folder, a zip or a file. */
  sourceOf(name: string, revision?: number): Promise<PackSource | undefined>;
  /** The detections as they were at a revision. @throws UserError when there is no such revision */
  contentAt(name: string, revision: number): Promise<readonly Detection[]>;
}

const PREFIX = 'pack:';

export function createPacks(state: State, clock: Clock): Packs {
  const { db } = state;

  async function requirePack(name: string): Promise<void> {
    if ((await revisionOf(db, PREFIX + name)) > 0) return;
    const known = (await list()).map((one) => one.name);
    const hint = known.length === 0 ? 'none was uploaded yet' : `there are ${known.join(', ')}`;
    throw new UserError(`there is no pack ${name}: ${hint}`);
  }

  async function list(): Promise<readonly PackSummary[]> {
    const packs = await db.selectFrom('packs').selectAll().where('id', 'like', `${PREFIX}%`).orderBy('id').execute();
    const counts = await db
      .selectFrom('detections')
      .select(({ fn }) => ['origin', fn.countAll<number>().as('count'), fn.count<number>('overrides').as('overridden')])
      .groupBy('origin')
      .execute();
    const countOf = new Map(counts.map((row) => [row.origin, row]));
    return packs.map((pack) => ({
      name: pack.id.slice(PREFIX.length),
      revision: pack.revision,
      detections: Number(countOf.get(pack.id)?.count ?? 0),
      overridden: Number(countOf.get(pack.id)?.overridden ?? 0),
      source: sourceOf(pack),
      installedAt: pack.installed_at,
      updatedAt: pack.updated_at,
    }));
  }

  return {
    list,
    async plan(name, detections) {
      const rows = await readInstalled(db);
      const plan = planContent(rows, PREFIX + name, detections);
      const shown = new Set(plan.changes.map(({ id }) => id));
      const before = rows.filter(({ id }) => shown.has(id)).map((row) => [row.id, row] as const);
      return { ...plan, name, revision: await revisionOf(db, PREFIX + name), before: new Map(before) };
    },
    apply({ name, revision }, detections, by, source) {
      const content = { detections };
      return install(state, clock, { origin: PREFIX + name, content, by, expectedRevision: revision, source });
    },
    async uninstall(name, by) {
      await requirePack(name);
      const note = by.note === '' ? 'uninstalled' : by.note;
      return install(state, clock, { origin: PREFIX + name, content: { detections: [] }, by: { ...by, note } });
    },
    async history(name) {
      await requirePack(name);
      const origin = PREFIX + name;
      const rows = await db
        .selectFrom('pack_revisions')
        .selectAll()
        .where('pack_id', '=', origin)
        .orderBy('revision', 'desc')
        .execute();
      const changes = await db.selectFrom('detection_changes').selectAll().where('pack_id', '=', origin).execute();
      return rows.map((row) => {
        const own = changes.filter(({ id }) => id.startsWith(`${origin}/${row.revision}/`));
        const idsOf = (action: string) =>
          own.filter((one) => one.action === action).map(({ detection_id }) => detection_id);
        return {
          revision: row.revision,
          at: row.at,
          by: row.actor_name,
          actor: row.actor,
          note: row.note,
          source: sourceOf(row),
          detections: (JSON.parse(row.items) as unknown[]).length,
          added: idsOf('added'),
          changed: idsOf('changed'),
          removed: idsOf('removed'),
        };
      });
    },
    async sourceOf(name, revision) {
      const pack = db
        .selectFrom('packs')
        .select('source')
        .where('id', '=', PREFIX + name);
      const past = db
        .selectFrom('pack_revisions')
        .select('source')
        .where('pack_id', '=', PREFIX + name);
      const query = revision === undefined ? pack : past.where('revision', '=', revision);
      const row = await query.executeTakeFirst();
      return row?.source == null ? undefined : (JSON.parse(row.source) as PackSource);
    },
    async contentAt(name, revision) {
      await requirePack(name);
      const row = await db
        .selectFrom('pack_revisions')
        .select('items')
        .where('pack_id', '=', PREFIX + name)
        .where('revision', '=', revision)
        .executeTakeFirst();
      if (row === undefined) throw new UserError(`the pack ${name} has no revision ${revision}`, { field: '--to' });
      const items = JSON.parse(row.items) as readonly { readonly id: string; readonly version: string }[];
      const detections: Detection[] = [];
      for (const item of items) {
        const stored = await db
          .selectFrom('detection_versions')
          .select(['id', 'spec', 'body', 'spec_text'])
          .where('id', '=', item.id)
          .where('version', '=', item.version)
          .executeTakeFirstOrThrow();
        detections.push(enabledAsWritten(storedDetection({ ...stored, enabled: 1 })));
      }
      return detections;
    },
  };
}

function sourceOf({ source }: { readonly source: string | null }): PackSource | null {
  if (source === null) return null;
  const { url, ref, folder, commit } = JSON.parse(source) as PackSource;
  return { url, ref, folder, commit };
}

function enabledAsWritten(one: Detection): Detection {
  return { ...one, isEnabled: one.spec.Enabled !== false };
}
