/** What a run of compact did, or would do. */
import type { LakeDatabase } from '../../core/table.ts';

export interface CompactReport {
  /** By name. */
  readonly tables: readonly TableReport[];
  /** By a signal, between two files. */
  readonly isInterrupted: boolean;
  /** Old files that are to be deleted when no query can read them any more. */
  readonly waitingFiles?: number;
}

export interface TableReport extends Table {
  /** That had something to do. */
  readonly partitions: number;
  /** Of these, those that another process has. */
  readonly busy: number;
  readonly filesBefore: number;
  readonly bytesBefore: number;
  /** Of JSON, decompressed. */
  readonly jsonBytes: number;
  readonly filesAfter: number;
  readonly bytesAfter: number;
  readonly rows: number;
  /** Rows that no column takes, kept aside. */
  readonly unfitRows: number;
  /** Files that are too young, left for the next time. */
  readonly leftFiles: number;
  /** What was left as it was, and why; and why rows are aside. */
  readonly problems: readonly string[];
}

/** Of one partition; what is absent is nothing. */
export type PartOfReport = Partial<Omit<TableReport, keyof Table | 'partitions'>>;

interface Table {
  readonly database: LakeDatabase;
  readonly table: string;
}

const AMOUNTS = [
  'busy',
  'filesBefore',
  'bytesBefore',
  'jsonBytes',
  'filesAfter',
  'bytesAfter',
  'rows',
  'unfitRows',
  'leftFiles',
] as const;

/** Sums up by table. */
export function createReports() {
  const reports = new Map<string, TableReport>();
  return {
    add({ database, table }: Table, part: PartOfReport): void {
      const name = `${database}.${table}`;
      const sum = reports.get(name);
      const amounts = Object.fromEntries(AMOUNTS.map((key) => [key, (sum?.[key] ?? 0) + (part[key] ?? 0)]));
      reports.set(name, {
        database,
        table,
        partitions: (sum?.partitions ?? 0) + 1,
        ...(amounts as Record<(typeof AMOUNTS)[number], number>),
        problems: [...(sum?.problems ?? []), ...(part.problems ?? [])],
      });
    },
    all: (): TableReport[] => [...reports].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, report]) => report),
  };
}
