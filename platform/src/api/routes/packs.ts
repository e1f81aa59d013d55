/** Packs of detections. */
import { StalePlan } from '../../detections/packs/plan.ts';
import type { PackContent, packRoutes } from '../contract/packs.ts';
import { changerOf } from '../http/audit.ts';
import { conflict, forbidden, notFound } from '../http/errors.ts';
import type { Caller, Handlers } from '../http/handler.ts';

export const packHandlers: Handlers<typeof packRoutes> = {
  async listPacks({ deps }) {
    return { items: [...(await deps.packs.list())] };
  },
  async getPack({ deps, params }) {
    const found = await deps.packs.get(params.name);
    if (found === undefined) throw notFound('pack', params.name);
    return found;
  },
  async previewPack({ deps, params, body, caller }) {
    requireMayRead(body.content, caller);
    return deps.packs.preview(params.name, body.content);
  },
  async installPack({ deps, params, body, caller }) {
    requireMayRead(body.content, caller);
    const { note, ...install } = body;
    return unlessStale(() => deps.packs.install(params.name, install, changerOf(caller, note)));
  },
  async listPackRevisions({ deps, params }) {
    if ((await deps.packs.get(params.name)) === undefined) throw notFound('pack', params.name);
    return { items: [...(await deps.packs.revisions(params.name))] };
  },
  async previewPackRollBack({ deps, params, body }) {
    if ((await deps.packs.get(params.name)) === undefined) throw notFound('pack', params.name);
    return deps.packs.previewRollBack(params.name, body.revision);
  },
  async rollBackPack({ deps, params, body, caller }) {
    if ((await deps.packs.get(params.name)) === undefined) throw notFound('pack', params.name);
    const { note, ...to } = body;
    return unlessStale(() => deps.packs.rollBack(params.name, to, changerOf(caller, note)));
  },
  async uninstallPack({ deps, params, caller }) {
    if ((await deps.packs.get(params.name)) === undefined) throw notFound('pack', params.name);
    await deps.packs.uninstall(params.name, changerOf(caller));
    return undefined;
  },
};

/** Fetching makes Panther call an address of the caller's choice, with the keys of the machine that it runs on. */
function requireMayRead({ kind }: PackContent, { role }: Caller): void {
  if (kind === 'git' && role !== 'admin')
    throw forbidden('only administrators have Panther fetch a repository: send a zip');
}

async function unlessStale<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StalePlan) throw conflict(error.message, 'expectedRevision');
    throw error;
  }
}
