/**
 * Messages by which AWS tells of objects: S3 events (from S3 itself, or wrapped by SNS), those of EventBridge, and
 * CloudTrail's own. Forms: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html,
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html.
 */
import { z } from 'zod';

export interface AnnouncedObject {
  readonly bucket: string;
  readonly key: string;
}

/** Objects to read (none: there is nothing to do), or why the message is not understood. */
export type Announced = readonly AnnouncedObject[] | string;

const snsSchema = z.object({ Type: z.string(), Message: z.string().default(''), SubscribeURL: z.string().optional() });
const s3Schema = z.object({
  Records: z.array(
    z.object({
      eventName: z.string().optional(),
      s3: z.object({
        bucket: z.object({ name: z.string().min(1) }),
        object: z.object({ key: z.string().min(1), size: z.number().optional() }),
      }),
    }),
  ),
});
const eventBridgeSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({ key: z.string().min(1), size: z.number().optional() }),
  }),
});
const cloudTrailSchema = z.object({ s3Bucket: z.string().min(1), s3ObjectKey: z.array(z.string().min(1)) });
const testEventSchema = z.object({ Event: z.literal('s3:TestEvent') });

/** Undefined for a message that has none of these forms, such as Panther's own. */
export function parseNotification(body: string): Announced | undefined {
  const json = parseJson(body);
  const sns = snsSchema.safeParse(json);
  return sns.success ? fromSns(sns.data) : fromStore(json);
}

function fromSns({ Type, Message, SubscribeURL }: z.infer<typeof snsSchema>): Announced {
  if (Type === 'SubscriptionConfirmation') return `the subscription waits for its confirmation: open ${SubscribeURL}`;
  if (Type !== 'Notification') return `SNS messages of the type ${Type.slice(0, 60)} are not known`;
  if (Message === 'CloudTrail validation message.') return [];
  return fromStore(parseJson(Message)) ?? 'the SNS message does not tell of an object in S3';
}

function fromStore(json: unknown): Announced | undefined {
  const s3 = s3Schema.safeParse(json);
  if (s3.success) return s3.data.Records.filter(({ eventName }) => isCreation(eventName)).flatMap(fromRecord);
  const event = eventBridgeSchema.safeParse(json);
  if (event.success) return fromEventBridge(event.data);
  const trail = cloudTrailSchema.safeParse(json);
  if (trail.success) return trail.data.s3ObjectKey.map((key) => ({ bucket: trail.data.s3Bucket, key }));
  return testEventSchema.safeParse(json).success ? [] : undefined;
}

/** Messages made by tools name no event. */
function isCreation(eventName: string | undefined): boolean {
  return eventName === undefined || eventName.replace(/^s3:/, '').startsWith('ObjectCreated:');
}

function fromRecord({ s3 }: z.infer<typeof s3Schema>['Records'][number]): readonly AnnouncedObject[] {
  return toRead(s3.bucket.name, decodeKey(s3.object.key), s3.object.size);
}

function fromEventBridge({ detail, ...event }: z.infer<typeof eventBridgeSchema>): readonly AnnouncedObject[] {
  if (event['detail-type'] !== 'Object Created') return [];
  return toRead(detail.bucket.name, detail.object.key, detail.object.size);
}

/** Without folders' placeholders and empty objects. */
function toRead(bucket: string, key: string, size: number | undefined): readonly AnnouncedObject[] {
  return size === 0 || key.endsWith('/') ? [] : [{ bucket, key }];
}

/** Keys come as in a URL's query. A key that is no such text was put in as it is. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
