/**
 * The contract of sources: where logs come from. One file per source; `index.ts` lists them.
 *
 * ```ts
 * export const mailbox = defineSource({
 *   id: 'mailbox',
 *   title: 'Mailbox',
 *   description: 'Log files attached to mails.',
 *   documentationUrl: null,
 *   config: z.object({ password: secret(z.string()).describe('Password of the mailbox.') }),
 *   start: async (config, context) => {
 *     const connection = await connect(config, (attachment) => storeInput(context, attachment, '.log'));
 *     return { stop: () => connection.close() };
 *   },
 * });
 * ```
 *
 * Promise of every source: what it has accepted (answered 200, read from a socket, passed in a file) is durable, and
 * is on the input queue or in the outbox.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { InputObject } from '../core/unit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ObjectInfo, Objects } from '../ports/objects.ts';
import type { State } from '../ports/state/state.ts';

export interface SourceHealth {
  readonly status: 'healthy' | 'unhealthy';
  /** What is wrong and what to do, in a sentence; empty when healthy. */
  readonly message: string;
}

/** How to reach a bucket of S3; what is absent is as for Panther itself. */
export interface S3Access {
  readonly region?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly externalId?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** Why nothing more can be accepted now. */
export interface Pressure {
  /** `busy`: processing is behind; `full`: the disk is. */
  readonly kind: 'busy' | 'full';
  readonly message: string;
  readonly retryAfterSeconds: number;
}

export interface SourceLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SourceContext {
  readonly source: { readonly id: string; readonly name: string; readonly logTypes: readonly string[] };
  readonly state: State;
  readonly objects: Objects;
  /** Buckets that are not Panther's own. */
  openS3(access: S3Access): Promise<Pick<Objects, 'head' | 'get'>>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: SourceLog;
  /** Random, unique. */
  newId(): string;
  /** Puts input objects on the queue of the log processor; resolves when they are durable there. */
  enqueue(objects: readonly InputObject[]): Promise<void>;
  /** Sends on what a transaction has written to the outbox. */
  relayOutbox(): Promise<void>;
  pressure(): Promise<Pressure | undefined>;
  reportHealth(health: SourceHealth): Promise<void>;
}

/** An HTTP request to a source. The body is not read yet. */
export interface IntakeRequest {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly body: Readable;
  readonly ip: string;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface IntakeResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RunningSource {
  /** Accepts no more; resolves when everything accepted is durable. */
  stop(): Promise<void>;
}

export type AnnouncedObject = Pick<InputObject, 'bucket' | 'key'>;

export interface Source<Config extends z.ZodObject = z.ZodObject> {
  /** Kebab-case; the file's name. */
  readonly id: string;
  readonly title: string;
  /** One sentence for the list of sources. */
  readonly description: string;
  readonly documentationUrl: string | null;
  /** Every field has a description; secret ones are marked with `secret`. */
  readonly config: Config;
  /** Secret text fields that the API makes up when a new source leaves them out; shown once. */
  readonly generatedSecrets?: readonly string[];
  /** Where a source of this type is sent logs; a path is relative to the console's own address. */
  endpoint?(source: { readonly id: string; readonly name: string; readonly config: object }): string | null;
  /** For sources that listen or fetch by themselves. */
  start?(config: z.output<Config>, context: SourceContext): Promise<RunningSource>;
  /** For sources that are sent HTTP requests. */
  receive?(request: IntakeRequest, config: z.output<Config>, context: SourceContext): Promise<IntakeResponse>;
  /** For sources whose objects are announced by their store: whether an object is this source's. The highest wins. */
  claims?(object: AnnouncedObject, config: z.output<Config>): number | undefined;
  /** Size and version of an announced object. Undefined when it is gone. */
  describe?(
    object: AnnouncedObject,
    config: z.output<Config>,
    context: SourceContext,
  ): Promise<Pick<ObjectInfo, 'sizeBytes' | 'version'> | undefined>;
  /** For sources whose input objects are not in the object store. Undefined when the object is gone. */
  open?(object: InputObject, config: z.output<Config>, context: SourceContext): Promise<Readable | undefined>;
}

/** Checks a source's types, and forgets its configuration's, so that a list can hold all of them. */
export function defineSource<Config extends z.ZodObject>(source: Source<Config>): Source {
  return source as unknown as Source;
}
