import { UserError } from '../../core/errors.ts';

export interface S3Path {
  readonly bucket: string;
  readonly prefix: string;
}

/** `s3://bucket/prefix`. The prefix is taken as it is: no decoding, and no slash added. */
export function parseS3Path(text: string, field = '--s3path'): S3Path {
  if (!text.startsWith('s3://')) throw new UserError(`"${text}": not s3 protocol (expecting s3://)`, { field });
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(text) ?? [];
  if (bucket === '') throw new UserError(`"${text}": missing bucket`, { field });
  return { bucket, prefix };
}
