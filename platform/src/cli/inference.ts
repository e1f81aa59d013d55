/** Inferring a schema from files and trying it on them, for the commands that do. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../core/errors.ts';
import { compileLogType } from '../log-analysis/compile.ts';
import { type Inferred, inferSchema } from '../log-analysis/infer/infer.ts';
import { processStream } from '../log-analysis/process-stream.ts';
import type { LogType, LogTypes } from '../log-analysis/schema.ts';
import { type CommandIo, EXIT, type ExitStatus } from './command.ts';
import { logFiles, openLogFile, placeOf } from './log-files.ts';
import { knownLogTypes } from './log-types.ts';

export interface InferenceOptions {
  readonly name: string | undefined;
  readonly output: string | undefined;
  readonly 'skip-test': boolean;
  readonly json: boolean;
}

/** Writes the schema; what else is to be said goes to stderr. */
export async function inferFromFiles(
  operands: readonly string[],
  options: InferenceOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const spool = operands.includes('-') ? await spoolStdin(io) : undefined;
  try {
    const files: string[] = [];
    for await (const file of logFiles(operands, io)) files.push(file === '-' ? (spool?.file ?? file) : file);
    const name = options.name ?? nameFrom(operands[0] ?? '-');
    const inferred = await infer(files, name, io);
    const tested = options['skip-test'] ? undefined : await tryOut(inferred.logType, files, spool?.file, io);
    await tell(inferred, tested, options, io);
    return (tested?.unparsed ?? inferred.unreadable) > 0 ? EXIT.failures : EXIT.done;
  } finally {
    await spool?.remove();
  }
}

/** Stdin is read twice: once for the schema, once to try it. */
async function spoolStdin(io: CommandIo): Promise<{ file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'panther-infer-'));
  const file = join(folder, 'stdin');
  await pipeline(Readable.from(io.stdin), createWriteStream(file), { signal: io.signal });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function infer(files: readonly string[], name: string, io: CommandIo): Promise<Inferred> {
  const open = files.map((file) => {
    let update = () => {};
    return {
      name: file,
      async open() {
        const { stream, progress } = await openLogFile(file, io);
        update = () => progress.update();
        stream.once('close', () => progress.end());
        return stream;
      },
      update: () => update(),
    };
  });
  return inferSchema(open, { name, signal: io.signal, onChunk: () => open.forEach((each) => void each.update()) });
}

interface Tested {
  readonly parsed: number;
  readonly unparsed: number;
}

/** So many records that do not parse are told one by one. */
const TOLD = 10;

async function tryOut(
  logType: LogType,
  files: readonly string[],
  stdinFile: string | undefined,
  io: CommandIo,
): Promise<Tested> {
  let [parsed, unparsed] = [0, 0];
  for (const file of files) {
    const { stream, progress } = await openLogFile(file, io);
    try {
      const counts = await processStream(stream, {
        logTypes: [compileLogType(logType)],
        unitId: '0',
        fileName: file,
        now: () => io.clock.now(),
        signal: io.signal,
        onEvent() {},
        onKept(record) {
          unparsed += 1;
          if (unparsed > TOLD) return;
          return io.stderr.write(`${placeOf(file === stdinFile ? '-' : file, record)}: ${record.reason}\n`);
        },
        betweenChunks: () => void progress.update(),
      });
      parsed += counts.stored;
    } finally {
      progress.end();
    }
  }
  return { parsed, unparsed };
}

async function tell(
  inferred: Inferred,
  tested: Tested | undefined,
  options: InferenceOptions,
  io: CommandIo,
): Promise<void> {
  const { logType, format, records, unreadable } = inferred;
  const known = knownTypeOf(inferred, knownLogTypes(io));
  const notes = [...inferred.notes, ...(known === undefined ? [] : [`these are logs of the known type ${known}`])];
  if (options.output !== undefined) await save(options.output, logType.text, io);
  if (options.json) {
    const report = { name: logType.name, schema: logType.text, format, records, unreadable, ...tested, notes };
    await io.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  if (options.output === undefined) await io.stdout.write(logType.text);
  for (const note of new Set(notes)) await io.stderr.write(`${note}\n`);
  const count = (value: number) => value.toLocaleString('en');
  if (tested === undefined) await io.stderr.write(`${count(records)} records\n`);
  else await io.stderr.write(`${count(tested.parsed)} records parse with it, ${count(tested.unparsed)} do not\n`);
}

async function save(file: string, text: string, io: CommandIo): Promise<void> {
  await writeFile(resolve(io.cwd, file), text).catch((cause: unknown) => {
    const reason = (cause as NodeJS.ErrnoException).code;
    throw new UserError(`${file} cannot be written (${reason})`, { field: '--output' }, { cause });
  });
}

/** The known log type that takes all samples, and at least half of what is in them. */
function knownTypeOf({ samples, logType }: Inferred, known: LogTypes): string | undefined {
  const context = { rowId: '', parseTime: '', nowMs: 0, sourceId: undefined, sourceLabel: undefined };
  for (const candidate of known.values()) {
    const compiled = compileLogType(candidate);
    const parser = compiled.createParser({ nowMs: () => 0 });
    if ((parser === undefined) !== (logType.spec.parser === undefined)) continue;
    const takesAll = samples.every((sample) => {
      const fields = parser === undefined ? (JSON.parse(sample) as Record<string, unknown>) : parser.parse(sample);
      if (typeof fields === 'symbol') return true;
      const event = typeof fields === 'string' ? fields : compiled.normalise(fields, context);
      if (typeof event === 'string') return false;
      return Object.keys(event).filter((key) => !key.startsWith('p_')).length * 2 >= Object.keys(fields).length;
    });
    if (takesAll) return candidate.name;
  }
  return undefined;
}

/** `logs/web-orders.2026.json.gz` → `Custom.WebOrders2026`. */
export function nameFrom(file: string): string {
  const stem = basename(file).replace(/(\.(jsonl?|ndjson|log|txt|csv|tsv|gz|zst))+$/i, '');
  const words = stem.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const start = /^[A-Z]/.test(name) ? name : `Logs${name}`;
  return `Custom.${start.length < 2 ? `${start}Logs` : start}`;
}
