/** Chooses what takes made-up logs by the address that the user gave. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CommandIo } from '../../cli/command.ts';
import type { LogTargetOptions } from '../../cli/log-writers.ts';
import { UserError } from '../../core/errors.ts';
import { folderTarget } from '../../log-generator/targets/folder.ts';
import { httpTarget } from '../../log-generator/targets/http.ts';
import { syslogTarget } from '../../log-generator/targets/syslog.ts';
import type { LogTarget } from '../../log-generator/targets/target.ts';
import { parseS3Path } from '../../operations/s3queue/s3-path.ts';

export async function openLogTarget(options: LogTargetOptions, io: CommandIo): Promise<LogTarget> {
  const { to, prefix, gzipLevel, token } = options;
  if (to === '-') return stdoutTarget(io);
  if (to.startsWith('s3:')) return openBucket(options);
  if (/^https?:/.test(to)) return httpTarget({ url: checkUrl(to).href, token, gzipLevel, signal: io.signal });
  if (/^syslog/.test(to)) return openSyslog(options, io);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(to)) throw notATarget(to);
  return folderTarget(resolve(io.cwd, to), { prefix, gzipLevel });
}

/** Loaded only when there is a bucket to write to. */
async function openBucket({ to, prefix, gzipLevel, aws }: LogTargetOptions): Promise<LogTarget> {
  const path = parseS3Path(to, '--to');
  const [{ createS3Client }, { openTargetBucket }, { bucketTarget }] = await Promise.all([
    import('../../adapters/aws/aws-client.ts'),
    import('../../adapters/aws/s3-target-bucket.ts'),
    import('../../log-generator/targets/bucket.ts'),
  ]);
  const bucket = await openTargetBucket(await createS3Client(aws), path.bucket);
  const folder = [path.prefix.replace(/\/+$/, ''), prefix].filter((part) => part !== '').join('/');
  return bucketTarget(bucket, { prefix: folder, gzipLevel });
}

async function openSyslog({ to, tlsCaFile }: LogTargetOptions, io: CommandIo): Promise<LogTarget> {
  const [, transport = 'tcp'] = /^syslog(?:\+(tcp|udp|tls))?:\/\//.exec(to) ?? [];
  const url = checkUrl(to);
  if (!/^syslog(\+(tcp|udp|tls))?:$/.test(url.protocol) || url.hostname === '') throw notATarget(to);
  const ca = tlsCaFile === undefined ? undefined : await readCa(tlsCaFile, io);
  return syslogTarget({
    transport: transport as 'tcp' | 'udp' | 'tls',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (transport === 'tls' ? 6_514 : 514) : Number(url.port),
    ...(ca !== undefined && { ca }),
    signal: io.signal,
  });
}

async function readCa(file: string, io: CommandIo): Promise<string> {
  return readFile(resolve(io.cwd, file), 'utf8').catch((cause: unknown) => {
    throw new UserError(`${file} cannot be read`, { field: '--tls-ca' }, { cause });
  });
}

/** Not compressed: what is looked at, or piped on. */
function stdoutTarget(io: CommandIo): LogTarget {
  return {
    async write({ chunks }) {
      let written = 0;
      for await (const chunk of chunks) {
        await io.stdout.write(chunk);
        written += chunk.length;
      }
      return written;
    },
    async close() {},
  };
}

function checkUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw notATarget(text);
  }
}

function notATarget(to: string): UserError {
  const kinds = 'a folder, s3://bucket/prefix, http(s)://…, syslog+tcp|udp|tls://host:port or -';
  return new UserError(`"${to}" is no place for logs: use ${kinds}`, { field: '--to' });
}
