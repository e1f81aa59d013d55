/** Packs of a data folder, whether its Panther runs or not: one that runs takes changes up by itself. */
import { resolve } from 'node:path';
import type { OpenPacks } from '../../cli/services.ts';
import { UserError } from '../../core/errors.ts';
import type { Config } from '../config.ts';
import { systemClock } from '../embedded.ts';
import { openStores } from '../lake/open-lake.ts';
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
    checkFolder(path) {
      if (!followed.includes(path)) return;
      throw new UserError('Panther follows this folder already: it is in detections: of its configuration', {
        file: path,
      });
    },
    close: () => state.close(),
  };
}
