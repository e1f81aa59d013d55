/** Detections as the API and the start of Panther see them: what they say, their tests, the content that comes along. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toRoutable } from '../../alerts/deliveries.ts';
import type { DetectionInfo, Detections, Packs } from '../../api/deps.ts';
import { UserError } from '../../core/errors.ts';
import { type Detection, storedDetection } from '../../detections/detection.ts';
import { loadDetections } from '../../detections/load.ts';
import { explain } from '../../detections/planner/explain.ts';
import { isQuery, sqlOrError } from '../../detections/schedule/query-text.ts';
import { lookupOnDemand } from '../enrichment/lookup-on-demand.ts';
import type { Runtime } from '../runtime.ts';
import type { Component } from '../system.ts';
import { deriveCondition, readConditions } from './conditions.ts';
import { createRunners, type Runners } from './detection-runners.ts';
import { installContent, readDetections } from './detection-store.ts';
import { readDraft } from './draft-detection.ts';
import { runDraft } from './draft-run.ts';
import { checkDraft, type DraftContext, runTestsOf, testDraft } from './drafts.ts';
import { readExceptions } from './exceptions.ts';
import { createPacksForApi, type PackContext } from './packs-for-api.ts';
import { installedPackages } from './python-packages.ts';

export interface DetectionHost extends Detections {
  readonly packs: Packs;
  state(): ReturnType<Component['state']>;
  /** Called after detections were changed. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

const STARTER_PACK = 'panther-starter';

/** What comes along: detections, queries with their rules, lookup tables. */
function ownContent(contentDir: string): readonly string[] {
  return ['detections', 'correlations', 'queries', 'lookups'].map((name) => join(contentDir, name)).filter(existsSync);
}

export async function openDetectionHost(runtime: Runtime, env: PackContext['env']): Promise<DetectionHost> {
  const { adapters, clock, log } = runtime;
  const { state } = adapters;
  const listeners: (() => void)[] = [];
  const described = new Map<string, DetectionInfo>();
  let runners: Runners | undefined;

  const folders = runtime.config.detections.map((folder) => resolve(folder));
  const packs = [
    { origin: `pack:${STARTER_PACK}`, folder: ownContent(runtime.contentDir) },
    ...folders.map((folder) => ({ origin: `folder:${folder}`, folder })),
  ];
  for (const { origin, folder } of packs) {
    const content = loadDetections(folder);
    for (const problem of content.problems) log.warn(problem, 'problem in a detection');
    const changes = await installContent(state, clock, origin, content);
    if (Object.values(changes).some((count) => count > 0))
      log.info({ folder, ...changes }, 'detections were installed');
  }

  async function find(id: string): Promise<Detection> {
    const row = await state.db.selectFrom('detections').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw new UserError(`there is no detection ${id}`, { field: 'id' });
    return storedDetection(row);
  }

  function ownRunners(): Runners {
    runners ??= createRunners(undefined, installedPackages(runtime.dir.pythonPackages), lookupOnDemand(adapters));
    return runners;
  }

  async function reload(): Promise<void> {
    for (const listener of listeners) listener();
  }

  function draftContext(): DraftContext {
    return {
      tmpDir: runtime.dir.tmp,
      runners: ownRunners(),
      isKnownLogType: (name) => runtime.logTypes.get(name) !== undefined,
      saved: () => readDetections(state, log),
    };
  }

  return {
    describe({ id, spec }) {
      const known = described.get(spec);
      if (known !== undefined) return known;
      const info = describe(storedDetection({ id, spec, body: ' ', enabled: 1 }));
      described.set(spec, info);
      return info;
    },
    async explain(id) {
      const detection = await find(id);
      if (detection.type !== 'rule' || detection.body === '') return null;
      const stored = (await readConditions(state, [detection])).get(detection.version);
      const condition = stored ?? (await deriveCondition(state, detection, ownRunners().python));
      return condition.op === 'true' ? null : explain(condition);
    },
    async query(id) {
      const detection = await find(id);
      return isQuery(detection) ? sqlOrError(detection, await readDetections(state, log), clock.now()) : null;
    },
    async test(id, names) {
      return runTestsOf(await find(id), names, draftContext());
    },
    check: (draft) => checkDraft(draft, draftContext()),
    testDraft: (draft, names) => testDraft(draft, names, draftContext()),
    runDraft: (draft, eventJson) =>
      runDraft(draft, eventJson, {
        ...draftContext(),
        exceptions: async () => readExceptions(state, await readDetections(state, log)),
        destinations: async () => (await state.db.selectFrom('destinations').selectAll().execute()).map(toRoutable),
        now: clock.now,
      }),
    async read(draft) {
      const { messages } = await checkDraft(draft, draftContext());
      const error = messages.find(({ severity }) => severity === 'error');
      if (error !== undefined) throw new UserError(`line ${error.line}: ${error.message}`, { field: error.file });
      return readDraft(draft, runtime.dir.tmp);
    },
    reload,
    packs: createPacksForApi({
      state,
      clock,
      tmpDir: runtime.dir.tmp,
      env,
      logTypes: runtime.logTypes,
      runners: ownRunners,
      ownPack: STARTER_PACK,
      changed: reload,
    }),
    state: () => ({ status: 'ok', message: '' }),
    onChange(listener) {
      listeners.push(listener);
    },
    async close() {
      await runners?.close();
    },
  };
}

/** What raises alerts. */
const WITH_SEVERITY: ReadonlySet<string> = new Set(['rule', 'scheduled_rule', 'correlation_rule', 'policy']);

function describe({ info, tests, type }: Detection): DetectionInfo {
  const { id: _id, version: _version, ...shown } = info;
  return {
    ...shown,
    severity: WITH_SEVERITY.has(type) ? info.severity : null,
    displayName: info.displayName || info.id,
    tests: tests.map(({ name, expectedResult, log }) => ({ name, expectedResult, log })),
  };
}
