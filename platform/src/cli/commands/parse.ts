import { createHash } from 'node:crypto';
import { UserError } from '../../core/errors.ts';
import { type CompiledLogType, compileLogType } from '../../log-analysis/compile.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { processStream } from '../../log-analysis/process-stream.ts';
import { type CommandIo, defineCommand, EXIT } from '../command.ts';
import { openLogFile, placeOf } from '../log-files.ts';
import { chooseLogTypes } from '../log-types.ts';

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
    const logTypes = (await chooseLogTypes(options['log-type'], options.schema, io)).map(compileLogType);
    const now = options.now === undefined ? io.clock.now : fixedClock(options.now);
    let unparsed = 0;
    for (const operand of operands) {
      unparsed += await parseFile(operand, logTypes, now, io);
      if (io.signal.aborted) return EXIT.failures;
    }
    return options.strict && unparsed > 0 ? EXIT.failures : EXIT.done;
  },
});

function fixedClock(text: string): () => Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new UserError(`"${text}" is not a time; write it as 2026-01-31T12:00:00Z`, { field: '--now' });
  }
  return () => time;
}

/** Gives how many records could not be parsed. */
async function parseFile(
  name: string,
  logTypes: readonly CompiledLogType[],
  now: () => Date,
  io: CommandIo,
): Promise<number> {
  const { stream, progress } = await openLogFile(name, io);
  let lines = '';
  async function write(): Promise<void> {
    const text = lines;
    lines = '';
    await io.stdout.write(text);
  }
  try {
    const counts = await processStream(stream, {
      logTypes,
      unitId: createHash('sha256').update(name).digest('hex').slice(0, 32),
      fileName: name,
      now,
      signal: io.signal,
      onEvent(event) {
        lines += `${stringifyEvent(event)}\n`;
      },
      onKept: (record) => io.stderr.write(`${placeOf(name, record)}: ${record.reason}\n`),
      betweenChunks() {
        progress.update();
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
    stream.destroy();
    progress.end();
  }
}
