/**
 * Overrides: fields of a pack's detection that are other here than in the pack. They lie over the pack's content as a
 * layer of their own, so that an update of the pack changes what is under them and leaves them as they are.
 */
import { UserError } from '../../core/errors.ts';
import { type AnalysisType, type Detection, storedDetection } from '../detection.ts';

export type FieldKind = 'text' | 'long-text' | 'integer' | 'boolean' | 'list' | 'severity' | 'destinations' | 'reports';

/** Keys of a specification → values; null: the field is left out. */
export type Overrides = Readonly<Record<string, unknown>>;
type Spec = Readonly<Record<string, unknown>>;

const ALERTING = {
  DisplayName: 'text',
  Severity: 'severity',
  CreateAlert: 'boolean',
  OutputIds: 'destinations',
  Tags: 'list',
  Reports: 'reports',
  SummaryAttributes: 'list',
  Description: 'long-text',
  Runbook: 'long-text',
  Reference: 'text',
} as const satisfies Readonly<Record<string, FieldKind>>;
const GROUPING = { Threshold: 'integer', DedupPeriodMinutes: 'integer' } as const;

const FIELDS: Partial<Readonly<Record<AnalysisType, Readonly<Record<string, FieldKind>>>>> = {
  rule: { ...ALERTING, ...GROUPING },
  scheduled_rule: { ...ALERTING, ...GROUPING },
  correlation_rule: { ...ALERTING, ...GROUPING },
  policy: { ...ALERTING, Suppressions: 'list' },
};

/** What can be overridden: nothing of what says when a detection matches, and nothing of helpers and data. */
export function overridableFields(type: string): Readonly<Record<string, FieldKind>> {
  return FIELDS[type as AnalysisType] ?? {};
}

export function readOverrides(row: { readonly overrides: string | null }): Overrides {
  return row.overrides === null ? {} : (JSON.parse(row.overrides) as Overrides);
}

/** The specification with the overrides over it. Keys keep their places; new ones follow. */
export function applyOverrides(spec: Spec, overrides: Overrides): Spec {
  const all = { ...spec, ...overrides };
  return Object.fromEntries(Object.entries(all).filter(([key, value]) => value !== null || !(key in overrides)));
}

/** What makes one specification the other; undefined when more than overridable fields differ. */
export function overridesBetween(type: string, base: Spec, next: Spec): Overrides | undefined {
  const fields = overridableFields(type);
  const found: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(base), ...Object.keys(next)])) {
    if (sameValue(base[key], next[key])) continue;
    if (!(key in fields)) return undefined;
    found[key] = next[key] ?? null;
  }
  return found;
}

/** Overrides that change something, ordered by field. */
export function effectiveOverrides(spec: Spec, overrides: Overrides): Overrides {
  const entries = Object.entries(overrides).filter(([key, value]) => !sameValue(spec[key] ?? null, value));
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** @throws UserError naming the field that cannot be overridden so */
export function overridden(
  base: { readonly id: string; readonly type: string; readonly spec: Spec; readonly body: string },
  overrides: Overrides,
  enabled: 0 | 1,
): Detection {
  const fields = overridableFields(base.type);
  const stranger = Object.keys(overrides).find((key) => !(key in fields));
  if (stranger !== undefined) {
    const known = Object.keys(fields);
    const hint = known.length === 0 ? `a ${base.type} has no such fields` : `these can: ${known.join(', ')}`;
    throw new UserError(`${stranger} cannot be overridden; ${hint}`, { field: `overrides.${stranger}` });
  }
  const spec = JSON.stringify(applyOverrides(base.spec, overrides));
  try {
    return storedDetection({ id: base.id, spec, body: base.body, enabled });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.message, { field: `overrides.${error.location.field ?? ''}` }, { cause: error });
  }
}

export interface Conflict {
  readonly field: string;
  /** The override; null: the field is left out. */
  readonly here: unknown;
  /** What the new content has; null: nothing. */
  readonly pack: unknown;
}

/** Fields that the pack changes while they are overridden. */
export function conflictsOf(before: Spec, after: Spec, overrides: Overrides): readonly Conflict[] {
  return Object.entries(overrides)
    .filter(([field, here]) => !sameValue(before[field], after[field]) && !sameValue(after[field] ?? null, here))
    .map(([field, here]) => ({ field, here, pack: after[field] ?? null }));
}

function sameValue(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
