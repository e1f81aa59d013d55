/** The tables of each database, from the columns of the log types. */
import { UserError } from '../core/errors.ts';
import { INDICATOR_FIELDS } from '../core/event.ts';
import { tableName } from '../core/ids.ts';
import type { Column, ColumnType, LakeTable, ScalarType } from '../core/table.ts';

const STRINGS: ColumnType = { kind: 'array', element: { kind: 'scalar', type: 'string' } };

/** The standard fields, in the order in which they follow a log type's own. */
export const STANDARD_COLUMNS: readonly Column[] = [
  column('p_log_type', 'string', 'Log type, e.g. AWS.CloudTrail'),
  column('p_row_id', 'string', 'Names the row; the same on every attempt to store it'),
  column('p_event_time', 'timestamp', 'Time of the event, UTC'),
  column('p_parse_time', 'timestamp', 'Time at which the event was read, UTC'),
  column('p_source_id', 'string', 'Id of the source'),
  column('p_source_label', 'string', 'Name of the source'),
  ...INDICATOR_FIELDS.map((name) => ({ name, type: STRINGS })),
  column('p_enrichment', 'json', 'What lookup tables know of the values of the event'),
];

const MATCH_COLUMNS: readonly Column[] = [
  column('p_rule_id', 'string', 'Id of the rule'),
  column('p_rule_version', 'string', 'Version of the rule that ran'),
  column('p_rule_title', 'string', 'Title that the rule gave'),
  column('p_rule_severity', 'string', 'Severity that the rule gave'),
  column('p_dedup', 'string', 'Groups matches into alerts'),
  { name: 'p_rule_tags', type: STRINGS, description: 'Tags of the rule' },
  column('p_rule_reports', 'json', 'Compliance frameworks and their ids'),
  column('p_alert_id', 'string', 'Alert that the row belongs to; none for a signal'),
  column('p_alert_context', 'string', 'Context that the rule gave, JSON'),
  column('p_alert_creation_time', 'timestamp', 'When the alert was opened, UTC'),
  column('p_alert_update_time', 'timestamp', 'When the alert got this row, UTC'),
];

const ERROR_COLUMNS: readonly Column[] = [
  ...MATCH_COLUMNS,
  column('p_rule_error', 'string', 'What failed and where in the rule'),
];

/** Columns that every table of every database has: what `panther_views` shows. */
export const VIEW_COLUMNS: readonly Column[] = STANDARD_COLUMNS;
export const MATCH_VIEW_COLUMNS: readonly Column[] = [...STANDARD_COLUMNS, ...MATCH_COLUMNS];
export const ERROR_VIEW_COLUMNS: readonly Column[] = [...STANDARD_COLUMNS, ...ERROR_COLUMNS];

/** @throws UserError when two columns differ only in case: engines of the lake compare names without it. */
export function logTable(logType: string, ownColumns: readonly Column[]): LakeTable {
  checkNames(logType, ownColumns, '');
  const names = new Set(ownColumns.map(({ name }) => name));
  const standard = STANDARD_COLUMNS.filter(({ name }) => !names.has(name));
  return { database: 'panther_logs', name: tableName(logType), logType, columns: [...ownColumns, ...standard] };
}

export function ruleMatchTable(table: LakeTable): LakeTable {
  return { ...table, database: 'panther_rule_matches', columns: [...table.columns, ...MATCH_COLUMNS] };
}

export function ruleErrorTable(table: LakeTable): LakeTable {
  return { ...table, database: 'panther_rule_errors', columns: [...table.columns, ...ERROR_COLUMNS] };
}

/** Every table of the lake. */
export function lakeTables(logTables: readonly LakeTable[]): readonly LakeTable[] {
  const logs = logTables.filter(({ database }) => database === 'panther_logs');
  return [...logTables, ...logs.map(ruleMatchTable), ...logs.map(ruleErrorTable)];
}

function checkNames(logType: string, columns: readonly Column[], path: string): void {
  const seen = new Map<string, string>();
  for (const { name, type } of columns) {
    const twin = seen.get(name.toLowerCase());
    const hint = 'rename one of them: SQL does not tell upper from lower case in names';
    if (twin !== undefined) throw new UserError(`${logType} has the fields ${path}${twin} and ${path}${name}; ${hint}`);
    seen.set(name.toLowerCase(), name);
    const inner = type.kind === 'array' ? type.element : type;
    if (inner.kind === 'struct') checkNames(logType, inner.fields, `${path}${name}.`);
  }
}

function column(name: string, type: ScalarType, description: string): Column {
  return { name, type: { kind: 'scalar', type }, description };
}
