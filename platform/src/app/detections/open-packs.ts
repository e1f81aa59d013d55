/** Packs of a data folder, whether its Panther runs or not: one that runs takes changes up by itself. */
import { resolve } from 'node:path';
import type { OpenPacks, PackChange } from '../../cli/services.ts';
import { UserError } from '../../core/errors.ts';
import { storedDetection } from '../../detections/detection.ts';
import { neededBy } from '../../detections/packs/needs.ts';
import { readOverrides } from '../../detections/packs/overrides.ts';
import type { Changer } from '../../detections/packs/stored.ts';
import type { State } from '../../ports/state/state.ts';
import type { Config } from '../config.ts';
import { systemClock } from '../embedded.ts';
import { openStores } from '../lake/open-lake.ts';
import type { Installation } from './detection-store.ts';
import { createPacks } from './packs.ts';

export interface OpenPacksOptions {
  readonly root: string;
  readonly config: Pick<Config, 'aws' | 'state' | 'lakeCacheMb' | 'detections'>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws UserError when there is no Panther data in the folder. */
export async function openPacks(options: OpenPacksOptions): Promise<OpenPacks> {
  const { state } = await openStores(options);
  const packs = createPacks(state, systemClock);
  const followed = options.config.detections.map((folder) => resolve(folder));
  return {
    ...packs,
    async apply(plan, detections, by, { action = 'install', source } = {}) {
      const done = await packs.apply(plan, detections, by, source);
      await audit(state, { action, name: plan.name, by, done, source });
      return done;
    },
    async follow(name, source) {
      await state.db
        .updateTable('packs')
        .set({ source: JSON.stringify(source) })
        .where('id', '=', `pack:${name}`)
        .execute();
    },
    async neededByOthers(name) {
      const rows = await state.db
        .selectFrom('detections')
        .select(['id', 'spec', 'body', 'enabled', 'origin'])
        .execute();
      const isOwn = ({ origin }: { readonly origin: string }) => origin === `pack:${name}`;
      const others = rows.filter((row) => !isOwn(row)).map(storedDetection);
      return neededBy(rows.filter(isOwn).map(storedDetection), others);
    },
    async items(name) {
      const [newest] = await packs.history(name);
      if (newest === undefined) return [];
      const rows = await state.db
        .selectFrom('detections')
        .selectAll()
        .where('origin', '=', `pack:${name}`)
        .orderBy('id')
        .execute();
      return rows.map((row) => {
        const { info, spec } = storedDetection(row);
        return {
          id: row.id,
          type: row.type,
          severity: spec.Severity === undefined ? null : info.severity,
          enabled: row.enabled === 1,
          isSwitched: (spec.Enabled !== false) !== (row.enabled === 1),
          overridden: Object.keys(readOverrides(row)),
        };
      });
    },
    checkFolder(path) {
      if (!followed.includes(path)) return;
      throw new UserError('Panther follows this folder already: it is in detections: of its configuration', {
        file: path,
      });
    },
    close: () => state.close(),
  };
}

interface Audited extends Pick<PackChange, 'source'> {
  readonly action: NonNullable<PackChange['action']>;
  readonly name: string;
  readonly by: Changer;
  readonly done: Installation;
}

/** As of a request to the API that did the same. */
async function audit({ db }: State, { action, name, by, done, source }: Audited): Promise<void> {
  const { added, updated: changed, removed } = done;
  if (added + changed + removed === 0) return;
  await db
    .insertInto('audit_log')
    .values({
      at: systemClock.now().toISOString(),
      actor: by.id,
      actor_name: by.name,
      action: `pack.${action}`,
      target: name,
      ip: '',
      status: 200,
      details: JSON.stringify({ note: by.note, added, changed, removed, ...(source && { source }) }),
    })
    .execute();
}
