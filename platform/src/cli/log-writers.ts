/** What writes made-up logs: the generator of a log type, or one made from its schema and samples. */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { UserError } from '../core/errors.ts';
import type { LogType } from '../log-analysis/schema.ts';
import { GENERATORS } from '../log-generator/index.ts';
import { createRowWriter, type RowWriter } from '../log-generator/row-writer.ts';
import { schemaGenerator } from '../log-generator/schema/generator.ts';
import { type Sample, sampleValues } from '../log-generator/schema/sample-values.ts';
import type { CommandIo } from './command.ts';
import { knownLogTypes, readSchemas, unknownLogType } from './log-types.ts';
import type { AwsAccess } from './operations.ts';

/** Where made-up logs go; what a kind of target does not know of is left out. */
export interface LogTargetOptions {
  /** A folder, `s3://bucket/prefix`, an http(s) URL, `syslog+tcp|udp|tls://host:port`, or `-` for stdout. */
  readonly to: string;
  /** What keys begin with. */
  readonly prefix: string;
  /** 0: not compressed. */
  readonly gzipLevel: number;
  readonly token: string | undefined;
  readonly tlsCaFile: string | undefined;
  readonly aws: AwsAccess;
}

/** By log type: those named, and those of the schemas. */
export async function logWriters(
  names: readonly string[],
  schemaFiles: readonly string[],
  seed: string,
  io: CommandIo,
): Promise<ReadonlyMap<string, RowWriter>> {
  const extra = await readSchemas(schemaFiles, io);
  const wanted = [...new Set([...names, ...extra.map(({ name }) => name)])];
  if (wanted.length === 0)
    throw new UserError('no log types enabled: name one (--list shows all)', { field: '--log-type' });
  return new Map(wanted.map((name) => [name, createRowWriter(generatorOf(name, extra, io), seed)]));
}

/** Names in ascending order. */
export async function writableLogTypes(schemaFiles: readonly string[], io: CommandIo): Promise<readonly string[]> {
  return [...knownLogTypes(io, await readSchemas(schemaFiles, io)).keys()];
}

function generatorOf(name: string, extra: readonly LogType[], io: CommandIo) {
  const own = extra.find((logType) => logType.name === name);
  if (own !== undefined) return schemaGenerator(own, samplesOf(own));
  const generator = GENERATORS.find((each) => each.logType === name);
  if (generator !== undefined) return generator;
  const known = knownLogTypes(io);
  const logType = known.get(name);
  if (logType === undefined) throw unknownLogType(name, known.keys());
  return schemaGenerator(logType, samplesOf(logType));
}

/** Samples stand beside the schema, if there are any. */
function samplesOf(logType: LogType) {
  const file = logType.file.replace(/\.ya?ml$/, '.samples.yml');
  if (file === logType.file || !existsSync(file)) return new Map();
  return sampleValues(logType, parse(readFileSync(file, 'utf8')) as readonly Sample[]);
}
