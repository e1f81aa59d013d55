/** Packs as the API sees them: content out of a zip or of git is checked, shown and installed. */
import { relative } from 'node:path';
import type { PackContent, PackItem } from '../../api/contract/packs.ts';
import type { Packs as PacksForApi } from '../../api/deps.ts';
import { toSource } from '../../api/routes/detection-source.ts';
import { checkQueriesOf } from '../../cli/query-check.ts';
import type { PackPlan } from '../../cli/services.ts';
import { UserError } from '../../core/errors.ts';
import { type Detection, storedDetection } from '../../detections/detection.ts';
import { type LoadedDetections, type LoadProblem, loadDetections } from '../../detections/load.ts';
import { readOverrides } from '../../detections/packs/overrides.ts';
import { keepingTheRest, withoutErrors } from '../../detections/packs/part.ts';
import { validateDetections } from '../../detections/validate.ts';
import { readZip } from '../../detections/zip.ts';
import type { LogTypes } from '../../log-analysis/schema.ts';
import type { Clock } from '../../ports/clock.ts';
import type { State } from '../../ports/state/state.ts';
import type { Runners } from './detection-runners.ts';
import type { Installation } from './detection-store.ts';
import { readGit } from './git-content.ts';
import { createPacks, type PackSource, type PackSummary, type Packs } from './packs.ts';

export interface PackContext {
  readonly state: State;
  readonly clock: Clock;
  readonly tmpDir: string;
  /** For git. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logTypes: LogTypes;
  runners(): Runners;
  /** What comes with Panther. */
  readonly ownPack: string;
  /** Called after a pack has changed. */
  changed(): Promise<void>;
}

/** Content that was read and checked. */
interface Checked {
  readonly loaded: LoadedDetections;
  readonly problems: readonly LoadProblem[];
  readonly source: PackSource | undefined;
  /** What the files of problems are relative to. */
  readonly root: string;
}

export function createPacksForApi(context: PackContext): PacksForApi {
  const packs = createPacks(context.state, context.clock);

  async function planOf(name: string, { loaded, problems }: Checked) {
    const content = withoutErrors(loaded, problems);
    const plan = await packs.plan(name, content);
    if (!hasErrors(problems) || plan.revision === 0) return { plan, content };
    return keepingTheRest(plan, content, await packs.contentAt(name, plan.revision));
  }

  return {
    async list() {
      const known = await packs.list();
      return Promise.all(known.map(async (one) => (await detail(one, packs, context)).pack));
    },
    async get(name) {
      const known = (await packs.list()).find((one) => one.name === name);
      if (known === undefined) return undefined;
      const { pack, items } = await detail(known, packs, context);
      return { ...pack, items: [...items] };
    },
    async revisions(name) {
      const revisions = await packs.history(name);
      return revisions.map(({ by, actor, added, changed, removed, ...rest }) => ({
        ...rest,
        by: actor,
        byName: by,
        added: [...added],
        changed: [...changed],
        removed: [...removed],
      }));
    },
    async preview(name, content) {
      requireChangeable(name, context);
      return withContent(content, context, async (checked) => {
        const { plan, content: detections } = await planOf(name, checked);
        return shownPlan(plan, detections, checked);
      });
    },
    async install(name, { content, expectedRevision, isPartial }, by) {
      requireChangeable(name, context);
      return withContent(content, context, async (checked) => {
        const errors = checked.problems.filter(({ level }) => level === 'error');
        const [first] = errors;
        if (first !== undefined && !isPartial) {
          const { file, line, message } = shownProblem(first, checked.root);
          const rest = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
          throw new UserError(`nothing was installed: ${file}:${line}: ${message}${rest}`, { field: 'content' });
        }
        const { content: detections } = await planOf(name, checked);
        const done = await packs.apply({ name, revision: expectedRevision }, detections, by, checked.source);
        await context.changed();
        return result(name, done, checked);
      });
    },
    async previewRollBack(name, revision) {
      requireChangeable(name, context);
      const detections = await packs.contentAt(name, revision);
      return shownPlan(await packs.plan(name, detections), detections, NOTHING);
    },
    async rollBack(name, { revision, expectedRevision }, by) {
      requireChangeable(name, context);
      const detections = await packs.contentAt(name, revision);
      const source = await packs.sourceOf(name, revision);
      const note = by.note === '' ? `back to revision ${revision}` : by.note;
      const done = await packs.apply({ name, revision: expectedRevision }, detections, { ...by, note }, source);
      await context.changed();
      return result(name, done, NOTHING);
    },
    async uninstall(name, by) {
      requireChangeable(name, context);
      await packs.uninstall(name, by);
      await context.changed();
    },
  };

  async function result(name: string, done: Installation, { problems, root }: Pick<Checked, 'problems' | 'root'>) {
    const revision = (await packs.list()).find((one) => one.name === name)?.revision ?? 0;
    const { added, updated: changed, removed } = done;
    return { revision, added, changed, removed, problems: problems.map((one) => shownProblem(one, root)) };
  }
}

/** Somebody waits for it. */
const GIT_TIMEOUT_MS = 90_000;
const NOTHING = { problems: [], root: '', source: undefined } as const;

function hasErrors(problems: readonly LoadProblem[]): boolean {
  return problems.some(({ level }) => level === 'error');
}

function requireChangeable(name: string, { ownPack }: PackContext): void {
  if (name !== ownPack) return;
  throw new UserError(`${name} comes with Panther: choose another name`, { field: 'name' });
}

async function withContent<T>(
  content: PackContent,
  context: PackContext,
  use: (checked: Checked) => Promise<T>,
): Promise<T> {
  const { archive, source } = await readArchive(content, context);
  const loaded = loadDetections(archive);
  const problems = [...loaded.problems, ...(await check(loaded, context))];
  return use({ loaded, root: archive.label, source, problems });
}

async function readArchive(content: PackContent, { env, tmpDir }: PackContext) {
  if (content.kind === 'zip')
    return { archive: readZip(Buffer.from(content.base64, 'base64'), 'content'), source: undefined };
  const { url, ref, folder } = content;
  return readGit({ url, ref, folder, timeoutMs: GIT_TIMEOUT_MS }, { env, tmpDir });
}

async function check(loaded: LoadedDetections, { runners, logTypes, clock }: PackContext) {
  const isKnownLogType = (name: string) => logTypes.get(name) !== undefined;
  const found = await validateDetections(loaded, { check: runners().python.check, isKnownLogType });
  return [...found, ...(await checkQueriesOf(loaded, logTypes, { clock }))];
}

async function detail(summary: PackSummary, packs: Packs, { state, ownPack }: PackContext) {
  const [last] = await packs.history(summary.name);
  const items = await itemsOf(state, `pack:${summary.name}`);
  const pack = {
    ...summary,
    switched: items.filter(({ isSwitched }) => isSwitched).length,
    isFixed: summary.name === ownPack,
    updatedByName: last?.by ?? '',
    note: last?.note ?? '',
  };
  return { pack, items };
}

async function itemsOf({ db }: State, origin: string): Promise<readonly PackItem[]> {
  const rows = await db.selectFrom('detections').selectAll().where('origin', '=', origin).orderBy('id').execute();
  return rows.map((row) => {
    const { type, info, spec } = storedDetection(row);
    return {
      id: row.id,
      type,
      displayName: info.displayName || row.id,
      severity: spec.Severity === undefined ? null : info.severity,
      enabled: row.enabled === 1,
      isSwitched: (spec.Enabled !== false) !== (row.enabled === 1),
      overridden: Object.keys(readOverrides(row)),
    };
  });
}

function shownPlan(
  plan: PackPlan,
  detections: readonly Detection[],
  checked: Pick<Checked, 'problems' | 'root' | 'source'>,
) {
  const next = new Map(detections.map((one) => [one.id, one]));
  const changes = plan.changes.map(({ fromVersion: _from, toVersion: _to, fields, conflicts, ...change }) => {
    const [before, after] = [plan.before.get(change.id), next.get(change.id)];
    return {
      ...change,
      fields: [...fields],
      conflicts: [...conflicts],
      before: before === undefined ? null : toSource(before),
      after:
        after === undefined
          ? null
          : toSource({ ...after, spec: JSON.stringify(after.spec), spec_text: after.specText ?? null }),
    };
  });
  return {
    name: plan.name,
    revision: plan.revision,
    changes,
    unchanged: plan.unchanged,
    switched: [...plan.switched],
    overridden: plan.overridden.map(({ id, fields }) => ({ id, fields: [...fields] })),
    problems: checked.problems.map((one) => shownProblem(one, checked.root)),
    commit: checked.source?.commit ?? null,
  };
}

function shownProblem({ level, file, line, field, message }: LoadProblem, root: string) {
  return { severity: level, file: relative(root, file), line: Math.max(1, line), field, message };
}
