/** Which techniques of MITRE ATT&CK the detections are mapped to. */
import type { DetectionSummary } from '@panther/platform/contract';
import attack from './attack.json';

export type Coverage = 'active' | 'silent' | 'disabled' | 'none';

export interface TechniqueCell {
  readonly id: string;
  readonly name: string;
  readonly coverage: Coverage;
  /** Detections mapped to it or to one of its sub-techniques, under this tactic. */
  readonly enabled: number;
  readonly disabled: number;
  /** Of its sub-techniques, those with an enabled detection. */
  readonly subTechniques: { readonly covered: number; readonly total: number };
}

export interface TacticColumn {
  readonly id: string;
  readonly name: string;
  readonly techniques: readonly TechniqueCell[];
}

export const ATTACK_VERSION = attack.version;
export const ATTACK_NOTICE = attack.notice;

const NAMES: Readonly<Record<string, string>> = attack.names;
const SUB_TECHNIQUES = Map.groupBy(
  Object.keys(NAMES).filter((id) => id.includes('.')),
  (id) => id.slice(0, id.indexOf('.')),
);

interface Mapping {
  readonly tactic: string | undefined;
  readonly technique: string;
}

/** `TA0001:T1078.004`, or a technique alone, which counts for each of its tactics. */
export function mappingsOf({ reports }: Pick<DetectionSummary, 'reports'>): readonly Mapping[] {
  return Object.entries(reports).flatMap(([framework, ids]) =>
    /mitre|att&ck/i.test(framework) ? ids.flatMap((id) => parseMapping(id)) : [],
  );
}

function parseMapping(id: string): Mapping[] {
  const found = /^(?:(TA\d{4})\s*:\s*)?(T\d{4}(?:\.\d{3})?)$/i.exec(id.trim());
  return found?.[2] === undefined ? [] : [{ tactic: found[1]?.toUpperCase(), technique: found[2].toUpperCase() }];
}

/** The matrix: tactics in the order of an attack, their techniques by name. */
export function coverageMatrix(detections: readonly DetectionSummary[]): readonly TacticColumn[] {
  const mapped = detections.map((detection) => ({ detection, mappings: mappingsOf(detection) }));
  return attack.tactics.map(({ id, name, techniques }) => ({
    id,
    name,
    techniques: techniques.map((technique) => cell(technique, id, mapped)),
  }));
}

type Mapped = { readonly detection: DetectionSummary; readonly mappings: readonly Mapping[] };

function cell(id: string, tactic: string, mapped: readonly Mapped[]): TechniqueCell {
  const fits = (mapping: Mapping) =>
    (mapping.tactic === undefined || mapping.tactic === tactic) &&
    (mapping.technique === id || mapping.technique.startsWith(`${id}.`));
  const own = mapped.filter(({ mappings }) => mappings.some(fits));
  const enabled = own.filter(({ detection }) => detection.enabled);
  const covered = new Set(enabled.flatMap(({ mappings }) => mappings.filter(fits).map(({ technique }) => technique)));
  const subs = SUB_TECHNIQUES.get(id) ?? [];
  return {
    id,
    name: NAMES[id] ?? id,
    enabled: enabled.length,
    disabled: own.length - enabled.length,
    coverage: coverageOf(own, enabled),
    subTechniques: { covered: subs.filter((sub) => covered.has(sub)).length, total: subs.length },
  };
}

function coverageOf(own: readonly Mapped[], enabled: readonly Mapped[]): Coverage {
  if (enabled.some(({ detection }) => seesEvents(detection))) return 'active';
  if (enabled.length > 0) return 'silent';
  return own.length > 0 ? 'disabled' : 'none';
}

/** Scheduled detections read the lake: what they have to see is not counted. */
function seesEvents({ type, last7Days }: DetectionSummary): boolean {
  return last7Days.events > 0 || type === 'scheduled_rule' || type === 'correlation_rule';
}

/** Each technique once, in its best state. */
export function countTechniques(columns: readonly TacticColumn[]): Readonly<Record<Coverage, number>> {
  const rank: readonly Coverage[] = ['none', 'disabled', 'silent', 'active'];
  const best = new Map<string, Coverage>();
  for (const { id, coverage } of columns.flatMap(({ techniques }) => techniques)) {
    if (rank.indexOf(coverage) >= rank.indexOf(best.get(id) ?? 'none')) best.set(id, coverage);
  }
  const count = (wanted: Coverage) => [...best.values()].filter((coverage) => coverage === wanted).length;
  return { active: count('active'), silent: count('silent'), disabled: count('disabled'), none: count('none') };
}
