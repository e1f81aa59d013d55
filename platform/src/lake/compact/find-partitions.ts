/** The partitions of a folder or bucket that have something to compact. */
import { UserError } from '../../core/errors.ts';
import type { ObjectInfo } from '../../ports/objects.ts';
import { isClaim } from './claim.ts';
import { FOLDERS, kindOf, type Partition, partitionOf } from './partition.ts';
import type { Place } from './place.ts';

export interface Selection {
  /** Names of tables, of every database; all of them without it. */
  readonly tables?: ReadonlySet<string>;
  /** `YYYY-MM-DDTHH`, included. */
  readonly fromHour?: string;
  /** Not included. */
  readonly beforeHour?: string;
}

export interface FoundPartition extends Partition {
  readonly jsonFiles: number;
  readonly jsonBytes: number;
  /** Parquet files so small that they are merged, when there are more than one. */
  readonly smallFiles: number;
  readonly smallBytes: number;
  /** Somebody works on it, or was killed while it did. */
  readonly isClaimed: boolean;
}

/** Ranges up to this are listed day by day instead of table by table. */
const MAX_DAYS = 62;
const DAY_MS = 86_400_000;

/** In order of their keys. @throws UserError when there is no table, or not one that is asked for. */
export async function findPartitions(
  place: Place,
  selection: Selection,
  targetBytes: number,
): Promise<FoundPartition[]> {
  const found: FoundPartition[] = [];
  const tables = await listTables(place);
  checkTables(selection, tables);
  for (const { prefix, name } of tables) {
    if (selection.tables !== undefined && !selection.tables.has(name)) continue;
    for (const within of dayPrefixes(prefix, selection)) {
      let current: Files | undefined;
      for await (const file of place.objects.list(place.bucket, within)) {
        const partition = partitionOf(place, file.key);
        if (partition === undefined || !isSelected(partition, selection)) continue;
        if (current?.partition.prefix !== partition.prefix) {
          if (current !== undefined) found.push(toFound(current, targetBytes));
          current = { partition, files: [] };
        }
        current.files.push(file);
      }
      if (current !== undefined) found.push(toFound(current, targetBytes));
    }
  }
  return found.filter(({ jsonFiles, smallFiles, isClaimed }) => jsonFiles > 0 || smallFiles > 1 || isClaimed);
}

interface Files {
  readonly partition: Partition;
  readonly files: ObjectInfo[];
}

function toFound({ partition, files }: Files, targetBytes: number): FoundPartition {
  const json = files.filter(({ key }) => kindOf(key) === 'json');
  const small = files.filter((file) => isSmall(file, targetBytes));
  return {
    ...partition,
    jsonFiles: json.length,
    jsonBytes: total(json),
    smallFiles: small.length,
    smallBytes: total(small),
    isClaimed: files.some(({ key }) => isClaim(key)),
  };
}

/** A Parquet file that is worth merging. */
export function isSmall({ key, sizeBytes }: ObjectInfo, targetBytes: number): boolean {
  return kindOf(key) === 'parquet' && sizeBytes < targetBytes / 2;
}

function total(files: readonly ObjectInfo[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function isSelected({ hour }: Partition, { fromHour, beforeHour }: Selection): boolean {
  return (fromHour === undefined || hour >= fromHour) && (beforeHour === undefined || hour < beforeHour);
}

interface Table {
  readonly name: string;
  /** Of its keys. */
  readonly prefix: string;
}

/** Looks at one key of each table only. */
async function listTables(place: Place): Promise<readonly Table[]> {
  const tables: Table[] = [];
  for (const folder of FOLDERS.keys()) {
    const start = `${place.prefix}${folder}/`;
    let after = start;
    for (;;) {
      const key = await firstKey(place, start, after);
      if (key === undefined) break;
      const name = key.slice(start.length).split('/', 1)[0] ?? '';
      if (key.length > start.length + name.length) tables.push({ name, prefix: `${start}${name}/` });
      // The next character after the slash: behind everything in the folder.
      after = `${start}${name}0`;
    }
  }
  return tables;
}

async function firstKey({ objects, bucket }: Place, prefix: string, after: string): Promise<string | undefined> {
  for await (const { key } of objects.list(bucket, prefix, { after })) return key;
  return undefined;
}

function checkTables({ tables: wanted }: Selection, found: readonly Table[]): void {
  const names = new Set(found.map(({ name }) => name));
  if (names.size === 0) {
    throw new UserError(`there are no tables here: expected ${[...FOLDERS.keys()].join('/, ')}/ with folders in them`);
  }
  for (const name of wanted ?? []) {
    if (names.has(name)) continue;
    throw new UserError(`there is no table ${name} here; there are ${[...names].sort().join(', ')}`, {
      field: '--table',
    });
  }
}

/** Keys name days with one digit or two. */
function dayPrefixes(table: string, { fromHour, beforeHour }: Selection): readonly string[] {
  if (fromHour === undefined || beforeHour === undefined) return [table];
  const [from, before] = [Date.parse(`${fromHour}:00Z`), Date.parse(`${beforeHour}:00Z`)];
  if (before - from > MAX_DAYS * DAY_MS) return [table];
  const prefixes = new Set<string>();
  for (let day = from - (from % DAY_MS); day < before; day += DAY_MS) {
    const [year = '', month = '', date = ''] = new Date(day).toISOString().slice(0, 10).split('-');
    for (const form of [(part: string) => part, (part: string) => String(Number(part))]) {
      prefixes.add(`${table}year=${Number(year)}/month=${form(month)}/day=${form(date)}/`);
    }
  }
  return [...prefixes].sort();
}
