/**
 * The message of one object, in the form in which S3 tells of a new one through SNS: what every log processor reads.
 *
 * Log processors decode the key as a part of a URL, some of them a `+` as a space. So `%` and `+` are encoded; every
 * other character goes as it is, and every reader gets the key that is meant.
 */

import type { InputObject } from '../../core/unit.ts';

export interface NotifiedObject {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
}

/** Panther's own message of an object: the source is known, and no account has to tell it. */
export function inputObjectMessage(object: InputObject): string {
  return safeJson(object);
}

/** JSON without the characters that a queue may refuse in a body: those are escaped. */
export function safeJson(value: object): string {
  return JSON.stringify(value).replace(/[\u{10000}-\u{10ffff}\ufffe\uffff]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16)}`).join(''),
  );
}

/** `account`: 12 digits; by it an older log processor chooses the source. */
export function fakeNotification(object: NotifiedObject, account: string): string {
  return JSON.stringify({
    Type: 'Notification',
    TopicArn: `arn:aws:sns:us-east-1:${account}:panther-fake-s3queue-topic`,
    Message: s3Event(object),
  });
}

function s3Event({ bucket, key, sizeBytes }: NotifiedObject): string {
  return safeJson({
    Records: [{ s3: { bucket: { name: bucket }, object: { key: encodeKey(key), size: sizeBytes } } }],
  });
}

export function encodeKey(key: string): string {
  return key.replace(/[%+]/g, (character) => (character === '%' ? '%25' : '%2B'));
}
