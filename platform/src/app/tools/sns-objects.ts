/** Objects of S3 as messages of SNS, for `s3sns`. */
import { setTimeout as delay } from 'node:timers/promises';
import { createS3Client, createSnsClient } from '../../adapters/aws/aws-client.ts';
import { findCaller } from '../../adapters/aws/caller.ts';
import { openSourceBucket } from '../../adapters/aws/s3-source-bucket.ts';
import { openSnsRawTopic } from '../../adapters/aws/sns-raw-topic.ts';
import type { OpenObjects, TopicOptions } from '../../cli/operations.ts';
import { UserError } from '../../core/errors.ts';
import { publishedEvent } from '../../operations/s3sns/published.ts';
import { sendContents } from '../../operations/send-contents.ts';

const MAX_CONCURRENCY = 1_000;

export async function openSnsObjects({ from, topic, account, aws, attributesOf }: TopicOptions): Promise<OpenObjects> {
  const client = await createSnsClient(aws);
  const region = await client.config.region().catch(() => undefined);
  if (region === undefined) throw new UserError('the region is not known: set AWS_REGION', { field: '--region' });
  const caller = account === undefined ? await findCaller(aws) : undefined;
  const partition = caller?.partition ?? partitionOf(region);
  const arn = `arn:${partition}:sns:${region}:${account ?? caller?.account}:${topic}`;
  const published = await openSnsRawTopic(client);
  const objects = await openSourceBucket(await createS3Client(aws), from.bucket);
  const waiting = { now: () => performance.now(), pause: (ms: number) => delay(ms) };
  return {
    list: (after) => objects.list(from.prefix, after),
    async send(some) {
      const contents = some.map((object) => ({
        body: publishedEvent({ bucket: from.bucket, key: object.key, sizeBytes: object.sizeBytes }),
        attributes: asStrings(attributesOf?.(object.key) ?? {}),
      }));
      await sendContents((rest) => published.publish(arn, rest), topic, contents, waiting);
    },
    destination: arn,
    maxConcurrency: MAX_CONCURRENCY,
    async close() {
      objects.close();
      client.destroy();
    },
  };
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function asStrings(attributes: object) {
  const entries = Object.entries(attributes).map(
    ([name, value]) => [name, { type: 'String', value: String(value) }] as const,
  );
  return Object.fromEntries(entries);
}
