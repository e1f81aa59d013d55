/** The lake columns of a log type: its declared fields, then the standard fields. */
import { INDICATOR_FIELDS } from '../core/event.ts';
import type { Column, ColumnType, ScalarType } from '../core/table.ts';
import { normaliseColumnName } from './column-names.ts';
import type { FieldSpec, LogType, ValueSpec } from './schema.ts';

const SCALARS: Readonly<Partial<Record<ValueSpec['type'], ScalarType>>> = {
  string: 'string',
  json: 'json',
  int: 'int',
  smallint: 'smallint',
  bigint: 'bigint',
  float: 'double',
  boolean: 'boolean',
  timestamp: 'timestamp',
};

const STRINGS: ColumnType = { kind: 'array', element: { kind: 'scalar', type: 'string' } };

const STANDARD_COLUMNS: readonly Column[] = [
  scalar('p_log_type', 'string', 'Log type of the event.'),
  scalar('p_row_id', 'string', 'Identifies the row; the same when its input is processed again.'),
  scalar('p_event_time', 'timestamp', 'Time of the event, UTC; the time of parsing when it has none.'),
  scalar('p_parse_time', 'timestamp', 'Time of parsing, UTC.'),
  scalar('p_source_id', 'string', 'Id of the source that the event came from.'),
  scalar('p_source_label', 'string', 'Name of the source that the event came from.'),
  ...INDICATOR_FIELDS.map((name) => ({ name, type: STRINGS, description: `Found in the event: ${words(name)}.` })),
];

export function lakeColumns(logType: LogType): readonly Column[] {
  return [...logType.fields.map(toColumn), ...STANDARD_COLUMNS];
}

function toColumn(field: FieldSpec): Column {
  const column = { name: normaliseColumnName(field.name), type: toColumnType(field) };
  return field.description === undefined ? column : { ...column, description: field.description };
}

function toColumnType(value: ValueSpec): ColumnType {
  if (value.type === 'object') return { kind: 'struct', fields: (value.fields ?? []).map(toColumn) };
  if (value.type === 'array' && value.element !== undefined) {
    return { kind: 'array', element: toColumnType(value.element) };
  }
  return { kind: 'scalar', type: SCALARS[value.type] ?? 'string' };
}

function scalar(name: string, type: ScalarType, description: string): Column {
  return { name, type: { kind: 'scalar', type }, description };
}

function words(name: string): string {
  return name.slice('p_any_'.length).replaceAll('_', ' ');
}
