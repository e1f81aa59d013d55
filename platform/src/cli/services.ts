/** What `app/` gives to commands, so that no command chooses an adapter. Every function loads its code on first use. */
import type { Severity } from '../core/detection.ts';
import type { Archive } from '../detections/archive.ts';
import type { Detection } from '../detections/detection.ts';
import type { LoadProblem } from '../detections/load.ts';
import type { Plan } from '../detections/packs/plan.ts';
import type { LockedPackage } from '../detections/python/packages/packages.ts';
import type { PythonRunner } from '../detections/python/runner.ts';
import type { ReplayFindings } from '../detections/replay/report.ts';
import type { FindRow } from '../detections/state/key-values.ts';
import type { TypeScriptRunner } from '../detections/typescript/runner.ts';
import type { LakeSql } from '../lake/sql.ts';
import type { LogType } from '../log-analysis/schema.ts';
import type { LogTarget } from '../log-generator/targets/target.ts';
import type { CommandIo } from './command.ts';
import type { ContentSource } from './content-source.ts';
import type { LogTargetOptions } from './log-writers.ts';
import type { OperationServices } from './operations.ts';

export interface UpOptions {
  readonly dataDir: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly configFile: string | undefined;
  readonly only: readonly string[] | undefined;
  readonly isDemo: boolean;
}

/** A Panther that runs in this process. */
export interface RunningPanther {
  /** What to tell the user: where the console is, the link of the first administrator. */
  readonly greeting: readonly string[];
  /** Rejects when a part fails that cannot be started again. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export interface FetchPackagesOptions {
  /** Absolute. */
  readonly configFile: string | undefined;
  readonly dataDir: string | undefined;
  readonly indexUrl: string | undefined;
  readonly cwd: string;
}

/** What became of one file. */
export interface IngestedFile {
  readonly file: string;
  readonly status: 'queued' | 'stored' | 'already-stored';
  readonly received: number;
  readonly stored: number;
  readonly quarantined: number;
  readonly rejected: number;
}

/** The way into a source of the Panther on this machine. */
export interface LocalIntake {
  /** Copies a file; it is durable and on its way when this resolves. */
  put(file: string, cwd: string): Promise<void>;
  /** In the order of `put`; waits for each to be processed, unless told not to. */
  results(options: { readonly wait: boolean; readonly signal: AbortSignal }): AsyncIterable<IngestedFile>;
  close(): Promise<void>;
}

/** The lake of a data folder, for reading. */
export interface OpenLake {
  readonly sql: LakeSql;
  /** Scratch space, removed by `close`. */
  readonly tmpDir: string;
  close(): Promise<void>;
}

export interface ReplayOptions {
  readonly rule: Detection;
  /** What is installed, or stands in one folder: its helpers and data models are the rule's. */
  readonly detections: readonly Detection[];
  readonly from: Date;
  readonly to: Date;
  readonly signal: AbortSignal;
  onProgress?(progress: { readonly events: number; readonly done: number; readonly matches: number }): void;
}

/** What a rule would have found. Times are RFC 3339. */
export interface ReplayOutcome extends ReplayFindings {
  readonly events: number;
  readonly candidates: number;
  /** Matches that exceptions hide. */
  readonly hidden: number;
  readonly alertCount: number;
  readonly alerts: readonly {
    readonly title: string;
    readonly severity: Severity;
    readonly dedup: string;
    readonly eventCount: number;
    readonly firstEventAt: string;
    readonly lastEventAt: string;
    readonly logTypes: readonly string[];
  }[];
  readonly durationMs: number;
}

export interface OpenReplay {
  /** What is installed. */
  detections(): Promise<readonly Detection[]>;
  /** @throws UserError for what cannot be replayed */
  replay(options: ReplayOptions): Promise<ReplayOutcome>;
  close(): Promise<void>;
}

export interface PackItem {
  readonly id: string;
  readonly type: string;
  /** Null: it has none. */
  readonly severity: Severity | null;
  readonly enabled: boolean;
  /** On or off, in contrast to what the pack says. */
  readonly isSwitched: boolean;
  /** Fields that are overridden here. */
  readonly overridden: readonly string[];
}

/** How a pack comes to change; an installation without it. */
export interface PackChange {
  readonly action?: 'install' | 'roll-back' | 'uninstall';
  readonly source?: ContentSource | undefined;
}

/** Packs of detections. Dates are RFC 3339. */
export interface OpenPacks {
  plan(name: string, detections: readonly Detection[]): Promise<PackPlan>;
  apply(
    plan: Pick<PackPlan, 'name' | 'revision'>,
    detections: readonly Detection[],
    by: { readonly id: string; readonly name: string; readonly note: string },
    how?: PackChange,
  ): Promise<{ readonly added: number; readonly updated: number; readonly removed: number }>;
  /** Where the pack, or a revision of it, came from, and which part of that. Undefined: a folder, a zip or a file. */
  sourceOf(name: string, revision?: number): Promise<ContentSource | undefined>;
  /** Of a pack that is as its new source has it: updates come from there from now on. */
  follow(name: string, source: ContentSource): Promise<void>;
  list(): Promise<
    readonly {
      readonly name: string;
      readonly revision: number;
      readonly detections: number;
      readonly source: ContentSource | null;
      readonly updatedAt: string;
    }[]
  >;
  history(name: string): Promise<
    readonly {
      readonly revision: number;
      readonly at: string;
      readonly by: string;
      readonly note: string;
      readonly source: ContentSource | null;
      readonly detections: number;
      readonly added: readonly string[];
      readonly changed: readonly string[];
      readonly removed: readonly string[];
    }[]
  >;
  contentAt(name: string, revision: number): Promise<readonly Detection[]>;
  /** What is installed of the pack, by id. @throws UserError when there is no such pack */
  items(name: string): Promise<readonly PackItem[]>;
  /** What of the pack others cannot do without: its id, and theirs. */
  neededByOthers(name: string): Promise<ReadonlyMap<string, readonly string[]>>;
  /** @throws UserError for a folder that Panther follows by itself */
  checkFolder(path: string): void;
  close(): Promise<void>;
}

/** A zip, or a repository that the Panther elsewhere is to read itself. */
export type RemoteContent =
  | Uint8Array
  | { readonly url: string; readonly ref: string | undefined; readonly folder: string | undefined };

/** Packs of a Panther elsewhere. It checks what it is sent. */
export interface RemotePacks extends Pick<OpenPacks, 'list' | 'history' | 'items' | 'sourceOf'> {
  preview(name: string, content: RemoteContent): Promise<RemotePlan>;
  install(
    name: string,
    content: RemoteContent,
    how: { readonly revision: number; readonly note: string; readonly isPartial: boolean },
  ): Promise<RemoteChange>;
  previewRollBack(name: string, revision: number): Promise<RemotePlan>;
  /** `revision`: of the plan. */
  rollBack(
    name: string,
    how: { readonly to: number; readonly revision: number; readonly note: string },
  ): Promise<RemoteChange>;
  uninstall(name: string): Promise<void>;
}

export interface RemotePlan {
  readonly plan: PackPlan;
  /** What changes, as it would be. */
  readonly content: readonly Pick<Detection, 'id' | 'spec' | 'body'>[];
  /** Files are within the content. */
  readonly problems: readonly LoadProblem[];
}

export interface RemoteChange {
  readonly revision: number;
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
}

export interface PackPlan extends Plan {
  readonly name: string;
  /** 0: it is new. */
  readonly revision: number;
  /** What is installed of those that change or are kept. `spec` is JSON. */
  readonly before: ReadonlyMap<
    string,
    { readonly spec: string; readonly body: string; readonly spec_text: string | null }
  >;
}

export interface DetectionRunners {
  readonly python: PythonRunner;
  readonly typescript: TypeScriptRunner;
  close(): Promise<void>;
}

export interface Services extends OperationServices {
  /** Version of this Panther. */
  readonly version: string;
  /** Folder of the content that comes with this Panther (`log-types`, `detections`, …). */
  readonly contentDir: string;
  startPanther(options: UpOptions): Promise<RunningPanther>;
  /** What runs the code of detections; close it at the end. Python packages are those of the data folder. */
  openRunners(dataDir?: string, lookup?: FindRow): Promise<DetectionRunners>;
  /** Fetches what `PipLayer` lists. @throws UserError, ExternalError */
  fetchPackages(options: FetchPackagesOptions): Promise<{
    /** The configuration that was read. */
    readonly file: string;
    readonly packages: readonly LockedPackage[];
  }>;
  /** @throws UserError when there is no such source. */
  openIntake(dataDir: string | undefined, configFile: string | undefined, source: string): Promise<LocalIntake>;
  /** @throws UserError when there is no Panther data in the folder. */
  openLake(dataDir: string | undefined, configFile?: string): Promise<OpenLake>;
  /** The schemas that were added to a Panther; none where the folder has no Panther data. */
  addedLogTypes(dataDir: string | undefined, configFile?: string): Promise<readonly LogType[]>;
  /** @throws UserError when there is no Panther data in the folder. */
  openReplay(dataDir: string | undefined, configFile?: string): Promise<OpenReplay>;
  /**
   * Content of a commit of git, with the program of that name. `url`: an address, or the absolute path of a repository.
   * @throws UserError, ExternalError
   */
  readGit(request: {
    readonly url: string;
    readonly ref: string | undefined;
    readonly folder: string;
    readonly signal: AbortSignal;
  }): Promise<{ readonly archive: Archive; readonly source: ContentSource }>;
  /** @throws UserError when there is no Panther data in the folder. */
  openPacks(dataDir: string | undefined, configFile?: string): Promise<OpenPacks>;
  /** `url` of its console. Nothing is called yet. */
  openRemotePacks(address: { readonly url: URL; readonly token: string }): Promise<RemotePacks>;
  /** @throws UserError when the target is not one. */
  openLogTarget(options: LogTargetOptions, io: CommandIo): Promise<LogTarget>;
}
