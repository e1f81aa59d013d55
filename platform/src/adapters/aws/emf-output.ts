/** Where lines of the embedded metric format go. */
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ExternalError, errorMessage } from '../../core/errors.ts';
import type { EmfOutput } from './cloudwatch-metrics.ts';
import type { EmfLine } from './emf.ts';

/** For an agent that reads the standard output (ECS, Lambda, the CloudWatch agent). */
export function emfToStream(stream: { write(text: string): unknown }): EmfOutput {
  return async (lines) => {
    for (const { text } of lines) stream.write(`${text}\n`);
  };
}

/** A request takes 10,000 events of 24 hours and 1 MiB, each event counting 26 bytes more than its text. */
const MAX_EVENTS = 10_000;
const MAX_BYTES = 1_048_576;
const EVENT_BYTES = 26;
const MAX_SPAN_MS = 23 * 3_600_000;

export interface LogsOutputOptions {
  readonly client: Pick<CloudWatchLogsClient, 'send'>;
  readonly logGroup: string;
  /** Of this process alone. */
  readonly logStream: string;
}

/** Makes group and stream when they are missing. Needs logs:PutLogEvents, CreateLogStream, CreateLogGroup on the group. */
export function emfToLogs({ client, logGroup, logStream }: LogsOutputOptions): EmfOutput {
  const names = { logGroupName: logGroup, logStreamName: logStream };
  return async (lines) => {
    const sdk = await import('@aws-sdk/client-cloudwatch-logs');
    for (const batch of inBatches(lines)) {
      const logEvents = batch.map(({ timestamp, text }) => ({ timestamp, message: text }));
      const put = () => client.send(new sdk.PutLogEventsCommand({ ...names, logEvents }));
      try {
        await put().catch(async (error: unknown) => {
          if (!isNamed(error, 'ResourceNotFoundException')) throw error;
          await made(() => client.send(new sdk.CreateLogGroupCommand({ logGroupName: logGroup })));
          await made(() => client.send(new sdk.CreateLogStreamCommand(names)));
          await put();
        });
      } catch (cause) {
        const message = `metrics cannot be written to the log group ${logGroup}: ${errorMessage(cause)}`;
        throw new ExternalError(message, { retryable: true, cause });
      }
    }
  };
}

async function made(create: () => Promise<unknown>): Promise<void> {
  await create().catch((error: unknown) => {
    if (!isNamed(error, 'ResourceAlreadyExistsException')) throw error;
  });
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** In order of time, as a request has to be. */
function inBatches(lines: readonly EmfLine[]): EmfLine[][] {
  const batches: EmfLine[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of lines.toSorted((a, b) => a.timestamp - b.timestamp)) {
    const size = Buffer.byteLength(line.text) + EVENT_BYTES;
    const current = batches.at(-1);
    const isFull = current === undefined || current.length === MAX_EVENTS || bytes + size > MAX_BYTES;
    if (isFull || line.timestamp - (current[0]?.timestamp ?? 0) > MAX_SPAN_MS) {
      batches.push([line]);
      bytes = size;
    } else {
      current.push(line);
      bytes += size;
    }
  }
  return batches;
}
