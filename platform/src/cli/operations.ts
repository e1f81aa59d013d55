/** What the operational tools get from `app/`, and the options that they share. */

import type { Selection } from '../lake/compact/find-partitions.ts';
import type { CompactReport } from '../lake/compact/report.ts';
import type { LogType } from '../log-analysis/schema.ts';
import type { MessageSource } from '../operations/requeue/requeue.ts';
import type { Candidate } from '../operations/requeue/selection.ts';
import type { ObjectInfo } from '../ports/objects.ts';

/** How to reach AWS, or what stands for it. What is absent comes from the environment and the profile. */
export interface AwsAccess {
  readonly region?: string;
  readonly profile?: string;
  readonly roleArn?: string;
  readonly endpoint?: string;
}

export const AWS_OPTIONS = {
  region: { value: 'REGION', description: 'region of the queue ($AWS_REGION, else that of the profile)' },
  profile: { value: 'NAME', description: 'profile of the shared AWS configuration files' },
  role: { value: 'ARN', description: 'role to assume' },
  endpoint: { value: 'URL', description: 'server that stands for AWS' },
} as const;

export function awsAccess(options: {
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly role: string | undefined;
  readonly endpoint: string | undefined;
}): AwsAccess {
  const { region, profile, role, endpoint } = options;
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(role === undefined ? {} : { roleArn: role }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

export interface MessagesOptions {
  readonly from: string;
  readonly to: string;
  /** Queues of the Panther in this folder; of SQS without it. */
  readonly dataDir: string | undefined;
  readonly aws: AwsAccess;
  /** How long to wait for a message before there are none. */
  readonly waitMs: number;
  /** Some messages are looked at and left: they must not come twice. */
  readonly isLeaving: boolean;
  /** 0: without limit. */
  readonly perSecond: number;
}

export interface OpenMessages {
  readonly source: MessageSource<Candidate>;
  /** About how many messages there are to look at. */
  readonly visible: number;
  /** A workers' number beyond this is of no use. */
  readonly maxConcurrency: number;
  close(): Promise<void>;
}

/** From where to where `s3queue` goes. */
export interface ObjectsOptions {
  /** A bucket and a prefix, or a file or folder of this machine. */
  readonly from: { readonly bucket: string; readonly prefix: string } | { readonly path: string };
  readonly to:
    | {
        readonly queue: string;
        /** 12 digits; that of the caller without it. */
        readonly account: string | undefined;
        /** Name Panther's own source in the messages, instead of sending notifications of S3. */
        readonly sourceId: string | undefined;
      }
    /** The Panther in this folder: the objects are copied into its spool. */
    | { readonly dataDir: string; readonly source: string };
  readonly aws: AwsAccess;
  /** The state of a Panther, to leave out what it has processed: a file, or the URL of a PostgreSQL. */
  readonly processedIn: string | undefined;
}

/** From where to where `s3sns` goes. */
export interface TopicOptions {
  readonly from: { readonly bucket: string; readonly prefix: string };
  /** Its name. */
  readonly topic: string;
  readonly account: string | undefined;
  readonly aws: AwsAccess;
  /** Message attributes of an object, when there are to be any. @throws UserError to end the run. */
  readonly attributesOf: ((key: string) => object) | undefined;
}

export interface OpenObjects {
  /** In the order of their keys; those behind one key when it is given. */
  list(after: string | undefined): AsyncIterable<ObjectInfo>;
  /** At most ten. @throws ExternalError when one of them cannot be sent. */
  send(objects: readonly ObjectInfo[]): Promise<void>;
  /** Keys of those that were processed before. Present when they are to be left out. */
  processed?(objects: readonly ObjectInfo[]): Promise<ReadonlySet<string>>;
  /** For the last line: `panther-input-data-notifications-queue (us-east-1)`. */
  readonly destination: string;
  readonly maxConcurrency: number;
  close(): Promise<void>;
}

export interface CheckpointFile {
  /** Undefined when there is none yet. */
  read(): Promise<string | undefined>;
  /** Durable when it resolves, and never half written. */
  write(text: string): Promise<void>;
}

export interface CompactOptions {
  readonly from:
    | { readonly bucket: string; readonly prefix: string }
    | { readonly folder: string }
    /** The lake of a Panther, by its data folder or its configuration. */
    | { readonly dataDir: string | undefined; readonly config: string | undefined };
  readonly aws: AwsAccess;
  readonly selection: Selection;
  readonly contentDir: string;
  /** Log types besides those of `contentDir`. */
  readonly schemas: readonly LogType[];
  readonly isDryRun: boolean;
  readonly isVerifying: boolean;
  readonly keepsInputs: boolean;
  readonly minAgeMs: number;
  /** Of the engine. */
  readonly memoryBytes: number;
  readonly concurrency: number;
  /** Scratch space. */
  readonly tmp: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** How much there is to do, in bytes of old files. */
  onStart(bytes: number): void;
  onProgress(bytes: number): void;
}

export interface OperationServices {
  /** @throws UserError when there is nothing of Panther. */
  compact(options: CompactOptions): Promise<CompactReport>;
  openCheckpoint(path: string): Promise<CheckpointFile>;
  openTopic(options: TopicOptions): Promise<OpenObjects>;
  openObjects(options: ObjectsOptions): Promise<OpenObjects>;
  /** @throws UserError when one of the queues is not there. */
  openMessages(options: MessagesOptions): Promise<OpenMessages>;
}
