import type { OverridableField } from '@panther/platform/contract';

const LABELS: Readonly<Record<string, string>> = {
  DisplayName: 'Display name',
  CreateAlert: 'Raises alerts',
  OutputIds: 'Destinations',
  DedupPeriodMinutes: 'Groups matches for (minutes)',
  Threshold: 'Alerts from (events)',
  SummaryAttributes: 'Summary attributes',
};

export function fieldLabel(field: string): string {
  return LABELS[field] ?? field;
}

/** Fields whose value is not the pack's, as the API takes them: null leaves a field out. */
export function changedFields(
  fields: readonly OverridableField[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const changed = fields.filter(
    ({ field, packValue }) => JSON.stringify(values[field] ?? null) !== JSON.stringify(packValue ?? null),
  );
  return Object.fromEntries(changed.map(({ field }) => [field, values[field] ?? null]));
}

export function shownValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return typeof value === 'object' ? reportsText(value) : String(value);
}

/** A line for each framework: `MITRE ATT&CK: TA0001:T1078, TA0002:T1059`. */
export function reportsText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const entries = Object.entries(value as Record<string, readonly unknown[]>);
  return entries.map(([name, ids]) => `${name}: ${ids.join(', ')}`).join('\n');
}

export function readReports(text: string): Record<string, string[]> | null {
  const entries = text.split('\n').flatMap((line) => {
    const [, name = '', ids = ''] = /^([^:]+):(.*)$/.exec(line) ?? [];
    return name.trim() === '' ? [] : [[name.trim(), readList(ids) ?? []] as const];
  });
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

export function readList(text: string): string[] | null {
  const items = text.split(/[,\n]/).map((item) => item.trim());
  const found = items.filter((item) => item !== '');
  return found.length === 0 ? null : found;
}
