/** Normalised events and the standard `p_*` fields. */

/** Names of the indicator arrays of a normalised event, in the order in which they are written. */
export const INDICATOR_FIELDS = [
  'p_any_ip_addresses',
  'p_any_domain_names',
  'p_any_sha1_hashes',
  'p_any_md5_hashes',
  'p_any_sha256_hashes',
  'p_any_trace_ids',
  'p_any_aws_account_ids',
  'p_any_aws_instance_ids',
  'p_any_aws_arns',
  'p_any_aws_tags',
  'p_any_emails',
  'p_any_usernames',
] as const;

export type IndicatorField = (typeof INDICATOR_FIELDS)[number];

/** The standard fields that every event of every log type carries. */
export interface StandardFields extends Partial<Record<IndicatorField, readonly string[]>> {
  readonly p_log_type: string;
  readonly p_row_id: string;
  /** `YYYY-MM-DD HH:MM:SS.nnnnnnnnn`, UTC. */
  readonly p_event_time: string;
  readonly p_parse_time: string;
  readonly p_source_id?: string;
  readonly p_source_label?: string;
  /** What lookup tables know: table → selector → row, or rows of a list. */
  readonly p_enrichment?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A normalised event: the log type's own fields, then the standard fields. Absent values are left out. */
export type LogEvent = StandardFields & { readonly [field: string]: unknown };
