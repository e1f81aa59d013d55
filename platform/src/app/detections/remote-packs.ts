/** Packs of a Panther elsewhere, over its API. */
import { parse } from 'yaml';
import type { PackContent, PackPlan as PlanOfApi } from '../../api/contract/packs.ts';
import type { PackPlan, RemoteContent, RemotePacks } from '../../cli/services.ts';
import { type ApiAddress, createApiClient } from '../api-client.ts';

export function openRemotePacks(address: ApiAddress): RemotePacks {
  const call = createApiClient(address);
  return {
    async list() {
      return (await call('GET /packs')).items;
    },
    async history(name) {
      const { items } = await call('GET /packs/:name/revisions', { params: { name } });
      return items.map(({ byName, ...rest }) => ({ ...rest, by: byName }));
    },
    async items(name) {
      return (await call('GET /packs/:name', { params: { name } })).items;
    },
    async sourceOf(name) {
      return (await call('GET /packs/:name', { params: { name } })).source ?? undefined;
    },
    async preview(name, content) {
      return readPlan(
        await call('POST /packs/:name/preview', { params: { name }, body: { content: toContent(content) } }),
      );
    },
    async install(name, content, { revision: expectedRevision, note, isPartial }) {
      const body = { content: toContent(content), expectedRevision, note, isPartial };
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

function toContent(content: RemoteContent): PackContent {
  if (content instanceof Uint8Array) return { kind: 'zip', base64: Buffer.from(content).toString('base64') };
  const { url, ref, folder } = content;
  return { kind: 'git', url, ...(ref !== undefined && { ref }), ...(folder !== undefined && { folder }) };
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
