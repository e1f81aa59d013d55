/** Every source, one line each. */
import { http } from './http.ts';
import { s3Bucket } from './s3-bucket.ts';
import type { Source } from './source.ts';
import { syslog } from './syslog.ts';
import { watchedFolder } from './watched-folder.ts';

export const SOURCES: readonly Source[] = [http, s3Bucket, syslog, watchedFolder];
