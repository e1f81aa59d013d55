/** Packs of a Panther elsewhere, over its API. */
import { parse } from 'yaml';
import type { PackPlan as PlanOfApi } from '../../api/contract/packs.ts';
import type { PackPlan, RemotePacks } from '../../cli/services.ts';
import { type ApiAddress, createApiClient } from '../api-client.ts';

export function openRemotePacks(address: ApiAddress): RemotePacks {
  const call = createApiClient(address);
  const toContent = (zip: Uint8Array) => ({ kind: 'zip' as const, base64: Buffer.from(zip).toString('base64') });
  return {
    async list() {
      return (await call('GET /packs')).items;
    },
    async history(name) {
      const { items } = await call('GET /packs/:name/revisions', { params: { name } });
      return items.map(({ byName, ...rest }) => ({ ...rest, by: byName }));
    },
    async preview(name, zip) {
      return readPlan(await call('POST /packs/:name/preview', { params: { name }, body: { content: toContent(zip) } }));
    },
    async install(name, zip, { revision: expectedRevision, note, isPartial }) {
      const body = { content: toContent(zip), expectedRevision, note, isPartial };
      const { changed: updated, ...rest } = await call('PUT /packs/:name', { params: { name }, body });
      return { ...rest, updated };
    },
    async previewRollBack(name, revision) {
      return readPlan(await call('POST /packs/:name/roll-back/preview', { params: { name }, body: { revision } }));
    },
    async rollBack(name, { to: revision, revision: expectedRevision, note }) {
      const body = { revision, expectedRevision, note };
      const { changed: updated, ...rest } = await call('POST /packs/:name/roll-back', { params: { name }, body });
      return { ...rest, updated };
    },
    async uninstall(name) {
      await call('DELETE /packs/:name', { params: { name } });
    },
  };
}

/** Specifications come as text, and go on as data. */
function readPlan({ changes, problems, ...plan }: PlanOfApi): Awaited<ReturnType<RemotePacks['preview']>> {
  const toData = ({ yaml, body }: { readonly yaml: string; readonly body: string }) => ({
    spec: (parse(yaml) ?? {}) as Record<string, unknown>,
    body,
  });
  const before: PackPlan['before'] = new Map(
    changes.flatMap(({ id, before: text }) => {
      if (text === null) return [];
      const { spec, body } = toData(text);
      return [[id, { spec: JSON.stringify(spec), body, spec_text: text.yaml }] as const];
    }),
  );
  const shown = changes.map(({ before: _before, after: _after, ...change }) => ({
    ...change,
    fromVersion: null,
    toVersion: null,
  }));
  return {
    plan: { ...plan, changes: shown, before },
    content: changes.flatMap(({ id, after }) => (after === null ? [] : [{ id, ...toData(after) }])),
    problems: problems.map(({ severity: level, ...rest }) => ({ level, ...rest })),
  };
}
