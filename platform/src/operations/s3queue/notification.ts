/**
 * The message of one object, in the form in which S3 tells of a new one through SNS: what every log processor reads.
 *
 * Log processors decode the key as a part of a URL, some of them a `+` as a space. So `%` and `+` are encoded; every
 * other character goes as it is, and every reader gets the key that is meant.
 */

export interface NotifiedObject {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
}

/** `account`: 12 digits; by it an older log processor chooses the source. */
export function fakeNotification(object: NotifiedObject, account: string): string {
  return JSON.stringify({
    Type: 'Notification',
    TopicArn: `arn:aws:sns:us-east-1:${account}:panther-fake-s3queue-topic`,
    Message: s3Event(object),
  });
}

export function s3Event({ bucket, key, sizeBytes }: NotifiedObject): string {
  return JSON.stringify({
    Records: [{ s3: { bucket: { name: bucket }, object: { key: encodeKey(key), size: sizeBytes } } }],
  });
}

export function encodeKey(key: string): string {
  return key.replace(/[%+]/g, (character) => (character === '%' ? '%25' : '%2B'));
}
