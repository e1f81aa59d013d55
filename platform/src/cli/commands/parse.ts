import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { UserError } from '../../core/errors.ts';
import type { KeptRecord } from '../../core/unit.ts';
import { type CompiledLogType, compileLogType } from '../../log-analysis/compile.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { processStream } from '../../log-analysis/process-stream.ts';
import { type LogType, type LogTypes, loadLogTypes, loadSchema } from '../../log-analysis/schema.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { didYouMean } from '../nearest.ts';
import type { Progress } from '../progress.ts';

export const parse = defineCommand({
  name: 'parse',
  summary: 'Turn log files into normalised events',
  usage: '[options] FILE… | -',
  details:
    'Events are written to stdout as NDJSON. A record that no log type accepts is told on stderr with its file, line ' +
    'and reason. Compression (gzip, zstd) and framing (lines, JSON documents, arrays, Records) are found out from the ' +
    'content; - reads stdin.',
  operands: { min: 1 },
  options: {
    'log-type': { value: 'T', repeatable: true, description: 'a log type to try; without it, every known one' },
    schema: { value: 'FILE', repeatable: true, description: 'a log schema (YAML) to know as well' },
    strict: { description: 'exit status 1 when a record cannot be parsed' },
    now: { value: 'TIME', description: 'the clock, for logs without a year (RFC 3339; default: the time of day)' },
    json: { description: 'NDJSON, which is what is written anyway' },
  },
  examples: [
    { line: 'panther parse trail.json.gz', does: 'Find out the log types, print the events.' },
    { line: 'zcat access.log.*.gz | panther parse --log-type Nginx.Access -', does: 'Read one log type from stdin.' },
    { line: 'panther parse --schema orders.yml --strict orders.log', does: 'Check a schema against a log.' },
  ],
  async run({ options, operands }, io) {
    const logTypes = await chooseLogTypes(options['log-type'], options.schema, io);
    const now = options.now === undefined ? io.clock.now : fixedClock(options.now);
    let unparsed = 0;
    for (const operand of operands) {
      unparsed += await parseFile(operand, logTypes, now, io);
      if (io.signal.aborted) return EXIT.failures;
    }
    return options.strict && unparsed > 0 ? EXIT.failures : EXIT.done;
  },
});

/** In the order in which they are tried: as named, else the schemas given, then the known types by name. */
async function chooseLogTypes(
  names: readonly string[],
  schemaFiles: readonly string[],
  io: CommandIo,
): Promise<readonly CompiledLogType[]> {
  const extra: LogType[] = [];
  for (const file of schemaFiles) extra.push(loadSchema(await readText(resolve(io.cwd, file), file), file));
  const known = loadLogTypes(join(io.services.contentDir, 'log-types'), extra);
  const chosen = names.length > 0 ? names.map((name) => find(name, known)) : [...extra, ...known.values()];
  return [...new Set(chosen)].map(compileLogType);
}

function find(name: string, known: LogTypes): LogType {
  const logType = known.get(name);
  if (logType !== undefined) return logType;
  throw new UserError(`unknown log type ${name}${didYouMean(name, [...known.keys()])}`, { field: '--log-type' });
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, error: unknown): UserError {
  const { code } = error as NodeJS.ErrnoException;
  const reason =
    code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : `it cannot be read (${code})`;
  return new UserError(`${name}: ${reason}`, {}, { cause: error });
}

function fixedClock(text: string): () => Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new UserError(`"${text}" is not a time; write it as 2026-01-31T12:00:00Z`, { field: '--now' });
  }
  return () => time;
}

/** Gives how many records could not be parsed. */
async function parseFile(
  operand: string,
  logTypes: readonly CompiledLogType[],
  now: () => Date,
  io: CommandIo,
): Promise<number> {
  if (operand === '-') return parseStream(Readable.from(io.stdin), '-', logTypes, now, io);
  let handle: FileHandle | undefined;
  try {
    handle = await open(resolve(io.cwd, operand));
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new UserError(`${operand}: it is a folder; name the files in it`);
    const stream = handle.createReadStream({ highWaterMark: 256 * 1024 });
    const progress = io.progress({ label: operand, total: stat.size });
    let read = 0;
    return await parseStream(stream, operand, logTypes, now, io, {
      add: () => {
        progress.add(stream.bytesRead - read);
        read = stream.bytesRead;
      },
      end: () => progress.end(),
    });
  } catch (error) {
    if (handle === undefined) throw unreadable(operand, error);
    throw error;
  } finally {
    await handle?.close();
  }
}

async function parseStream(
  input: Readable,
  name: string,
  logTypes: readonly CompiledLogType[],
  now: () => Date,
  io: CommandIo,
  progress?: Progress,
): Promise<number> {
  let lines = '';
  async function write(): Promise<void> {
    const text = lines;
    lines = '';
    await io.stdout.write(text);
  }
  try {
    const counts = await processStream(input, {
      logTypes,
      unitId: createHash('sha256').update(name).digest('hex').slice(0, 32),
      fileName: name,
      now,
      signal: io.signal,
      onEvent(event) {
        lines += `${stringifyEvent(event)}\n`;
      },
      onKept: (record) => io.stderr.write(`${place(name, record)}: ${record.reason}\n`),
      betweenChunks() {
        progress?.add(0);
        return lines === '' ? undefined : write();
      },
    });
    await write();
    return counts.quarantined + counts.rejected;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    await write();
    return 0;
  } finally {
    progress?.end();
  }
}

function place(name: string, record: KeptRecord): string {
  const file = name === '-' ? '(stdin)' : name;
  return record.line === undefined ? `${file}: byte ${record.byteOffset}` : `${file}:${record.line}`;
}
