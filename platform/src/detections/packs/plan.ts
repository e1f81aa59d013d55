/**
 * What installing content would change. A pack owns the detections that came with it; one that users have made or edited
 * is theirs, and one of another pack is that pack's: both are left alone, and it is said.
 */
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../detection.ts';
import { type Conflict, conflictsOf, readOverrides } from './overrides.ts';

/** A detection as it is in the state; of one with overrides, what lies under them. */
export interface Installed {
  readonly id: string;
  readonly version: string;
  readonly origin: string;
  /** JSON. */
  readonly spec: string;
  readonly body: string;
  readonly enabled: 0 | 1;
  /** JSON; null: none. */
  readonly overrides: string | null;
  readonly spec_text: string | null;
}

export interface PlannedChange {
  readonly id: string;
  readonly type: string;
  /** `keep`: it differs, and is not the pack's. */
  readonly action: 'add' | 'change' | 'remove' | 'keep';
  /** Keys of the specification that differ, then `code`. */
  readonly fields: readonly string[];
  readonly fromVersion: string | null;
  readonly toVersion: string | null;
  /** Whose it is, when it is kept: `user:<id>`, `pack:<id>` … */
  readonly owner: string | null;
  /** What changes and is overridden here: it stays as it is here. */
  readonly conflicts: readonly Conflict[];
}

/** The pack has changed since the plan was made. */
export class StalePlan extends UserError {}

export interface Plan {
  /** Ordered by id. */
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  /** Of the pack, switched on or off here, in contrast to what the pack says. */
  readonly switched: readonly string[];
  /** Of the pack, with the fields that are overridden here. */
  readonly overridden: readonly { readonly id: string; readonly fields: readonly string[] }[];
}

export function planContent(installed: readonly Installed[], origin: string, detections: readonly Detection[]): Plan {
  const known = new Map(installed.map((row) => [row.id, row]));
  const ids = new Set(detections.map(({ id }) => id));
  const changes: PlannedChange[] = [];
  const switched: string[] = [];
  for (const one of detections) {
    const row = known.get(one.id);
    const change =
      row === undefined ? added(one) : row.version === one.version ? undefined : differing(row, one, origin);
    if (change !== undefined) changes.push(change);
    if (row?.origin === origin && (row.enabled === 1) !== wasEnabled(row)) switched.push(row.id);
  }
  const gone = installed.filter((row) => row.origin === origin && !ids.has(row.id));
  changes.push(...gone.map(removed));
  const touched = changes.filter(({ action }) => action !== 'remove').length;
  return {
    changes: changes.sort((a, b) => (a.id < b.id ? -1 : 1)),
    unchanged: detections.length - touched,
    switched: switched.sort(),
    overridden: installed
      .filter((row) => row.origin === origin && row.overrides !== null && ids.has(row.id))
      .map((row) => ({ id: row.id, fields: Object.keys(readOverrides(row)) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** Whether a detection is enabled after its content changed: as the user switched it, else as the new content says. */
export function enabledAfter(row: Pick<Installed, 'spec' | 'enabled'>, next: Pick<Detection, 'isEnabled'>): 0 | 1 {
  if ((row.enabled === 1) !== wasEnabled(row)) return row.enabled;
  return next.isEnabled ? 1 : 0;
}

function wasEnabled({ spec }: Pick<Installed, 'spec'>): boolean {
  return (JSON.parse(spec) as { readonly Enabled?: unknown }).Enabled !== false;
}

function added({ id, type, version }: Detection): PlannedChange {
  return { id, type, action: 'add', fields: [], fromVersion: null, toVersion: version, owner: null, conflicts: [] };
}

function removed({ id, spec, version }: Installed): PlannedChange {
  const type = String((JSON.parse(spec) as { readonly AnalysisType?: unknown }).AnalysisType).toLowerCase();
  return { id, type, action: 'remove', fields: [], fromVersion: version, toVersion: null, owner: null, conflicts: [] };
}

function differing(row: Installed, { id, type, version, spec, body }: Detection, origin: string): PlannedChange {
  const isOwn = row.origin === origin;
  const before = JSON.parse(row.spec) as Fields;
  return {
    id,
    type,
    action: isOwn ? 'change' : 'keep',
    fields: differingFields(before, spec, row.body, body),
    fromVersion: row.version,
    toVersion: version,
    owner: isOwn ? null : row.origin,
    conflicts: isOwn ? conflictsOf(before, spec, readOverrides(row)) : [],
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** Keys that differ, then `code`. */
export function differingFields(
  before: Fields,
  after: Fields,
  bodyBefore: string,
  bodyAfter: string,
): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const fields = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return bodyBefore === bodyAfter ? fields : [...fields, 'code'];
}
