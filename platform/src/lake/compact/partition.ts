/**
 * The files of one table and hour, in the layout of Panther of any age:
 * `logs/aws_cloudtrail/year=2026/month=01/day=02/hour=03/20260102T030000Z-<uuid>.json.gz`.
 */
import type { LakeDatabase } from '../../core/table.ts';
import { DATABASE_FOLDERS } from '../layout.ts';
import type { Place } from './place.ts';

export interface Partition {
  readonly database: LakeDatabase;
  readonly table: string;
  /** `YYYY-MM-DDTHH`, UTC. */
  readonly hour: string;
  /** What the keys of its files begin with; ends with a slash. */
  readonly prefix: string;
}

/** An older Panther kept rule matches under `rules`. */
export const FOLDERS: ReadonlyMap<string, LakeDatabase> = new Map<string, LakeDatabase>([
  ...Object.entries(DATABASE_FOLDERS).map(([database, folder]) => [folder, database as LakeDatabase] as const),
  ['rules', 'panther_rule_matches'],
]);

const KEY = /^([a-z_]+)\/([^/]+)\/year=(\d{1,4})\/month=(\d{1,2})\/day=(\d{1,2})\/hour=(\d{1,2})\/([^/]+)$/;

/** Undefined for a key that is no file of a partition. */
export function partitionOf(place: Pick<Place, 'prefix'>, key: string): Partition | undefined {
  const [, folder = '', table = '', year = '', month = '', day = '', hour = '', name = ''] =
    KEY.exec(key.slice(place.prefix.length)) ?? [];
  const database = FOLDERS.get(folder);
  if (database === undefined) return undefined;
  const [months, days, hours] = [month, day, hour].map((part) => part.padStart(2, '0'));
  return {
    database,
    table,
    hour: `${year.padStart(4, '0')}-${months}-${days}T${hours}`,
    prefix: key.slice(0, key.length - name.length),
  };
}

/** What a file holds, by its name; undefined for what readers leave out too, and for what is no data. */
export function kindOf(key: string): 'json' | 'parquet' | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (/^[_.]/.test(name)) return undefined;
  if (/\.json(\.gz)?$/.test(name)) return 'json';
  return name.endsWith('.parquet') ? 'parquet' : undefined;
}

/** As an older Panther began the names of files. */
export function fileStem(hour: string): string {
  return `${hour.replaceAll('-', '')}0000Z`;
}
