/**
 * Objects in S3, or a server like it. Bodies that are larger than a part, or of unknown length, go up in parts: a few of
 * them are in memory at a time, and what a failed upload has left is removed. Keys are those of S3, as they are.
 *
 * Needs s3:GetObject, PutObject, DeleteObject, AbortMultipartUpload on the objects, s3:ListBucket on the buckets, and
 * s3:CreateBucket where buckets that are missing are to be made.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type {
  BucketLocationConstraint,
  ListObjectsV2CommandOutput,
  PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { UserError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ByteRange, ObjectInfo, Objects } from '../../ports/objects.ts';
import { awsError, errorCode, errorStatus } from './aws-error.ts';
import { resumed } from './s3-download.ts';

export interface S3ObjectsOptions {
  readonly s3: S3Client;
  readonly clock: Clock;
  /** Stands before the names of the buckets, which have to be unique in the world. */
  readonly bucketPrefix?: string;
  /** Makes a bucket when something is first put into it and it does not exist. */
  readonly createMissing?: boolean;
  /** Of an upload in parts; at least 5 MiB. An upload has 10,000 parts at most. */
  readonly partBytes?: number;
}

interface PageStart {
  readonly StartAfter?: string;
  readonly ContinuationToken?: string;
}

export interface S3Objects extends Objects {
  /**
   * Makes a bucket that does not exist, where that is allowed.
   * @throws UserError when it does not exist and is not to be made
   */
  ensureBucket(bucket: string): Promise<void>;
  close(): Promise<void>;
}

const MAX_KEY_BYTES = 1_024;
const PART_BYTES = 8 << 20;
const MAX_PARTS = 10_000;
/** Parts of one upload that are under way, and in memory. */
const PARTS_AT_ONCE = 3;
/** Names a put, so that one whose answer was lost is recognised when it is tried again. */
const PUT_ID = 'panther-put';
const CONFLICT_ATTEMPTS = 5;

export async function openS3Objects(options: S3ObjectsOptions): Promise<S3Objects> {
  const sdk = await import('@aws-sdk/client-s3');
  const { s3, bucketPrefix = '', partBytes = PART_BYTES } = options;
  const buckets = new Map<string, Promise<void>>();
  const nameOf = (bucket: string): string => bucketPrefix + bucket;
  const address = (bucket: string, key: string): string => `s3://${nameOf(bucket)}/${key}`;

  function ensureBucket(bucket: string): Promise<void> {
    const known = buckets.get(bucket) ?? createBucket(bucket);
    buckets.set(bucket, known);
    known.catch(() => buckets.delete(bucket));
    return known;
  }

  async function createBucket(bucket: string): Promise<void> {
    const Bucket = nameOf(bucket);
    try {
      await s3.send(new sdk.HeadBucketCommand({ Bucket }));
    } catch (error) {
      if (errorStatus(error) === 403) return;
      if (errorStatus(error) !== 404) throw awsError(error, `cannot look for the bucket ${Bucket}`);
      if (options.createMissing !== true)
        throw new UserError(`there is no bucket ${Bucket}: create it, or allow it with createMissing: true`);
      const region = await s3.config.region();
      const LocationConstraint = region as BucketLocationConstraint;
      const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint } };
      await s3.send(new sdk.CreateBucketCommand({ Bucket, ...place })).catch((cause: unknown) => {
        if (errorCode(cause) !== 'BucketAlreadyOwnedByYou') throw awsError(cause, `cannot create the bucket ${Bucket}`);
      });
    }
  }

  async function head(bucket: string, key: string) {
    try {
      return await s3.send(new sdk.HeadObjectCommand({ Bucket: nameOf(bucket), Key: key }));
    } catch (error) {
      if (errorStatus(error) === 404) return undefined;
      throw awsError(error, `cannot read ${address(bucket, key)}`);
    }
  }

  async function info(bucket: string, key: string): Promise<ObjectInfo | undefined> {
    const found = await head(bucket, key);
    return found && objectInfo(key, found.ContentLength, found.LastModified, found.ETag);
  }

  async function upload(input: PutObjectCommandInput, partSize: number): Promise<string | undefined> {
    const { Upload } = await import('@aws-sdk/lib-storage');
    // Removes the parts of a failed upload by itself.
    const { ETag } = await new Upload({ client: s3, params: input, queueSize: PARTS_AT_ONCE, partSize }).done();
    return ETag;
  }

  async function putBytes(input: PutObjectCommandInput): Promise<string | undefined> {
    const { ETag } = await s3.send(new sdk.PutObjectCommand(input));
    return ETag;
  }

  /** True when it was this put, whose answer got lost, that made the object which is in the way. */
  const isOwn = async (bucket: string, key: string, id: string) => (await head(bucket, key))?.Metadata?.[PUT_ID] === id;

  async function put(bucket: string, key: string, body: Uint8Array | Readable, ifAbsent: boolean, partSize: number) {
    checkKey(key);
    if (options.createMissing === true) await ensureBucket(bucket);
    const counted = body instanceof Readable ? countBytes(body) : undefined;
    const id = randomUUID();
    const input: PutObjectCommandInput = {
      Bucket: nameOf(bucket),
      Key: key,
      Body: counted?.stream ?? body,
      ...(ifAbsent ? { IfNoneMatch: '*', Metadata: { [PUT_ID]: id } } : {}),
    };
    const isSmall = !(body instanceof Readable) && body.length <= partSize;
    for (let attempt = 1; ; attempt++) {
      try {
        const etag = await (isSmall ? putBytes(input) : upload(input, partSize));
        const sizeBytes = body instanceof Readable ? (counted?.bytes() ?? 0) : body.length;
        return objectInfo(key, sizeBytes, options.clock.now(), etag);
      } catch (error) {
        if (counted?.failure() !== undefined) throw counted.failure();
        if (isSmall && errorCode(error) === 'ConditionalRequestConflict' && attempt < CONFLICT_ATTEMPTS) continue;
        if (!ifAbsent || !isTaken(error)) throw awsError(error, `cannot write ${address(bucket, key)}`);
        return (await isOwn(bucket, key, id)) ? info(bucket, key) : undefined;
      }
    }
  }

  async function open(bucket: string, key: string, range: string | undefined, version?: string) {
    const input = { Bucket: nameOf(bucket), Key: key, ...(range === undefined ? {} : { Range: range }) };
    return s3.send(new sdk.GetObjectCommand(version === undefined ? input : { ...input, IfMatch: `"${version}"` }));
  }

  async function get(bucket: string, key: string, range?: ByteRange) {
    try {
      const found = await open(bucket, key, rangeHeader(range));
      const [, total] = /\/(\d+)$/.exec(found.ContentRange ?? '') ?? [];
      const size = total === undefined ? found.ContentLength : Number(total);
      const about = objectInfo(key, size, found.LastModified, found.ETag);
      const end = Math.min(range?.end ?? about.sizeBytes, about.sizeBytes);
      const again = async (from: number) =>
        (await open(bucket, key, `bytes=${from}-${end - 1}`, about.version)).Body as Readable;
      const failed = (error: unknown) => awsError(error, `cannot read ${address(bucket, key)}`);
      return { info: about, stream: resumed(found.Body as Readable, { start: range?.start ?? 0, end }, again, failed) };
    } catch (error) {
      if (errorStatus(error) === 404) return undefined;
      if (errorStatus(error) === 416) return emptyObject(await info(bucket, key));
      throw awsError(error, `cannot read ${address(bucket, key)}`);
    }
  }

  async function page(
    bucket: string,
    Prefix: string,
    from: PageStart,
  ): Promise<ListObjectsV2CommandOutput | undefined> {
    try {
      // XML cannot hold every character of a key.
      const input = { Bucket: nameOf(bucket), Prefix, EncodingType: 'url' as const, ...from };
      return await s3.send(new sdk.ListObjectsV2Command(input));
    } catch (error) {
      if (errorCode(error) === 'NoSuchBucket') return undefined;
      throw awsError(error, `cannot list ${address(bucket, Prefix)}`);
    }
  }

  async function* list(bucket: string, prefix: string, after: string | undefined): AsyncGenerator<ObjectInfo> {
    let from: PageStart | undefined = after === undefined ? {} : { StartAfter: after };
    while (from !== undefined) {
      const found: Partial<ListObjectsV2CommandOutput> = (await page(bucket, prefix, from)) ?? {};
      const { Contents = [], EncodingType, NextContinuationToken } = found;
      for (const { Key = '', Size, LastModified, ETag } of Contents) {
        const key = EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
        yield objectInfo(key, Size, LastModified, ETag);
      }
      from = NextContinuationToken === undefined ? undefined : { ContinuationToken: NextContinuationToken };
    }
  }

  return {
    put: (bucket, key, body, { ifAbsent = false } = {}) => put(bucket, key, body, ifAbsent, partBytes),

    async putFile(bucket, key, path) {
      const { size } = await stat(path);
      const partSize = Math.max(partBytes, Math.ceil(size / MAX_PARTS));
      const stored = await put(bucket, key, createReadStream(path), false, partSize);
      await unlink(path);
      return stored as ObjectInfo;
    },

    async get(bucket, key, range) {
      if (range?.end !== undefined && range.end <= range.start) return emptyObject(await info(bucket, key));
      return get(bucket, key, range);
    },

    head: info,
    list: (bucket, prefix, { after } = {}) => list(bucket, prefix, after),

    async delete(bucket, key) {
      try {
        await s3.send(new sdk.DeleteObjectCommand({ Bucket: nameOf(bucket), Key: key }));
      } catch (error) {
        if (errorStatus(error) !== 404) throw awsError(error, `cannot delete ${address(bucket, key)}`);
      }
    },

    locate: address,
    ensureBucket,
    close: async () => s3.destroy(),
  };
}

function checkKey(key: string): void {
  if (key === '' || !key.isWellFormed())
    throw new UserError(`${JSON.stringify(key)} is no key: it has to be some text`);
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) throw new UserError(`the key has ${bytes} bytes, more than ${MAX_KEY_BYTES}: ${key}`);
}

function objectInfo(key: string, size: number | undefined, modifiedAt: Date | undefined, etag = ''): ObjectInfo {
  return { key, sizeBytes: size ?? 0, modifiedAt: modifiedAt ?? new Date(0), version: etag.replaceAll('"', '') };
}

function rangeHeader(range: ByteRange | undefined): string | undefined {
  if (range === undefined) return undefined;
  return `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
}

function emptyObject(info: ObjectInfo | undefined) {
  return info && { info, stream: Readable.from([], { objectMode: false }) };
}

function isTaken(error: unknown): boolean {
  return errorStatus(error) === 412 || ['PreconditionFailed', 'ConditionalRequestConflict'].includes(errorCode(error));
}

/** Counts what goes through, and keeps the error of a sender that fails: it is his, not the store's. */
function countBytes(body: Readable) {
  let bytes = 0;
  let failure: unknown;
  async function* count(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        const part: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        bytes += part.length;
        yield part;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { stream: Readable.from(count(), { objectMode: false }), bytes: () => bytes, failure: () => failure };
}
