import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../core/errors.ts';
import { parseRate } from '../../operations/amounts.ts';
import { createPacer } from '../../operations/pacer.ts';
import { createObjectFilter } from '../../operations/s3queue/object-filter.ts';
import { parseS3Path } from '../../operations/s3queue/s3-path.ts';
import { sendObjects } from '../../operations/s3queue/send-objects.ts';
import { createAttributesOf } from '../../operations/s3sns/published.ts';
import { defineCommand, EXIT } from '../command.ts';
import { AWS_OPTIONS, awsAccess } from '../operations.ts';
import { duration, megabytes } from '../quantities.ts';

export const s3sns = defineCommand({
  name: 's3sns',
  summary: 'Tell the subscribers of the processed data of its objects once more',
  usage: '[options] --s3path URL',
  details:
    'Publishes a notification of S3 for each object under the path, as if it were new. With --attributes the messages ' +
    'have the attributes type (LogData, RuleMatches, RuleErrors, CloudSecurity) and id (the log type), by which ' +
    "Panther's own subscriptions are filtered; without it only subscribers without a filter get them, such as " +
    'Snowflake. A table of no known log type ends the run. Ctrl+C ends it in order, with status 130.',
  operands: { max: 0 },
  options: {
    s3path: { value: 'URL', description: 's3://BUCKET/PREFIX, in the bucket of the processed data' },
    topic: { value: 'TOPIC', default: 'panther-processed-data-notifications', description: 'name of the topic' },
    attributes: { description: 'add the attributes type and id' },
    'log-type': {
      value: 'NAME',
      repeatable: true,
      description: 'a log type besides those that come along, such as one with a schema of yours',
    },
    account: { value: 'ID', description: 'AWS account of the topic (without it the one that calls)' },
    ...AWS_OPTIONS,
    filter: { value: 'PATTERN', repeatable: true, description: 'only keys that match: *.json.gz, a/**/*.gz, /REGEX/' },
    'files-per-second': { value: 'N', default: '0', description: 'publish so many a second at most; 0: no limit' },
    limit: { value: 'N', kind: 'integer', min: 0, default: 0, description: 'publish so many at most; 0: all' },
    concurrency: { value: 'N', kind: 'integer', min: 1, max: 1_000, default: 50, description: 'requests at once' },
    json: { description: 'one JSON document' },
    debug: { aliases: ['verbose'], description: 'tell of every object' },
  },
  examples: [
    {
      line: 'panther s3sns --s3path s3://example-processed-data/logs/aws_cloudtrail/ --attributes',
      does: 'Let the rules see the CloudTrail logs again.',
    },
  ],
  async run({ options }, io) {
    if (options.s3path === undefined) throw new UserError('say where the objects are', { field: '--s3path' });
    const attributesOf = options.attributes
      ? createAttributesOf([...knownLogTypes(io.services.contentDir), ...options['log-type']])
      : undefined;
    const from = parseS3Path(options.s3path);
    const { topic, account } = options;
    const objects = await io.services.openTopic({ from, topic, account, aws: awsAccess(options), attributesOf });
    const startedAt = performance.now();
    const progress = io.progress({ label: 's3sns', unit: 'files' });
    let sent = 0;
    let bytes = 0;
    const tell = (verb: string) => {
      const took = duration(performance.now() - startedAt);
      return io.stderr.write(`${verb} ${sent} files (${megabytes(bytes)}) to ${objects.destination} in ${took}\n`);
    };
    try {
      const result = await sendObjects({
        list: objects.list,
        isWanted: createObjectFilter({ patterns: options.filter }),
        send: objects.send,
        pacer: createPacer(parseRate(options['files-per-second'], '--files-per-second')),
        concurrency: Math.min(options.concurrency, objects.maxConcurrency),
        limit: options.limit,
        durationMs: 0,
        isLoop: false,
        start: { sent: 0, bytes: 0 },
        onSent(batch) {
          sent += batch.length;
          for (const { sizeBytes } of batch) bytes += sizeBytes;
          progress.add(batch.length);
          if (options.debug) void io.stderr.write(batch.map(({ key }) => `sent ${JSON.stringify(key)}\n`).join(''));
        },
        now: () => performance.now(),
        sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
        signal: io.signal,
      });
      progress.end();
      if (options.json) await io.stdout.write(`${JSON.stringify({ ...result, destination: objects.destination })}\n`);
      await tell(result.stoppedBy === 'signal' ? 'interrupted: sent' : 'sent');
      return result.stoppedBy === 'signal' ? EXIT.interrupted : EXIT.done;
    } catch (error) {
      progress.end();
      await tell('failed: sent');
      throw error;
    } finally {
      await objects.close();
    }
  },
});

/** Their names only: compiling the schemas would take longer than the rest. */
function knownLogTypes(contentDir: string): string[] {
  const folder = join(contentDir, 'log-types');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.samples)\.yml$/.test(file),
  );
  return files.flatMap((file) => /^schema:\s*(\S+)/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? []);
}
