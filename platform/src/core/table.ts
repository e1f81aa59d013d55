/** Columns of lake tables, as every reader and writer of the lake sees them. */

/** SQL types the lake uses. `json` is stored as text; `timestamp` in UTC with microseconds. */
export type ScalarType = 'string' | 'boolean' | 'smallint' | 'int' | 'bigint' | 'double' | 'timestamp' | 'json';

export type ColumnType =
  | { readonly kind: 'scalar'; readonly type: ScalarType }
  | { readonly kind: 'array'; readonly element: ColumnType }
  | { readonly kind: 'struct'; readonly fields: readonly Column[] };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly description?: string;
}

export const LAKE_DATABASES = [
  'panther_logs',
  'panther_rule_matches',
  'panther_rule_errors',
  'panther_cloudsecurity',
] as const;

export type LakeDatabase = (typeof LAKE_DATABASES)[number];

/** A table of the lake: `panther_logs.aws_cloudtrail`. */
export interface LakeTable {
  readonly database: LakeDatabase;
  readonly name: string;
  readonly logType: string;
  readonly columns: readonly Column[];
}
