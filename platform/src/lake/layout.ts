/** Where the files of a table are: `logs/aws_cloudtrail/year=2026/month=1/day=2/hour=3/<name>.parquet`. */
import type { LakeDatabase, LakeTable } from '../core/table.ts';

/** A Parquet file of the lake, in the bucket `panther-processed-data`. */
export interface LakeFile {
  readonly objectKey: string;
  readonly database: LakeDatabase;
  readonly table: string;
  /** `YYYY-MM-DDTHH`, UTC. */
  readonly hour: string;
  readonly rowCount: number;
  readonly sizeBytes: number;
}

/** The columns that come from the path. */
export const PARTITION_COLUMNS = ['year', 'month', 'day', 'hour'] as const;

export const DATABASE_FOLDERS: Readonly<Record<LakeDatabase, string>> = {
  panther_logs: 'logs',
  panther_rule_matches: 'rule_matches',
  panther_rule_errors: 'rule_errors',
  panther_cloudsecurity: 'cloud_security',
};

export function objectKey(table: Pick<LakeTable, 'database' | 'name'>, hour: string, fileName: string): string {
  const [year, month, day, hours] = hour.split(/[-T]/).map(Number);
  const partition = `year=${year}/month=${month}/day=${day}/hour=${hours}`;
  return `${DATABASE_FOLDERS[table.database]}/${table.name}/${partition}/${fileName}.parquet`;
}

/** The hour of an event's time, which starts with `YYYY-MM-DD HH`. */
export function hourOf(eventTime: string): string {
  return `${eventTime.slice(0, 10)}T${eventTime.slice(11, 13)}`;
}
