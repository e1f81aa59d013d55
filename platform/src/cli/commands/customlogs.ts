import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { UserError } from '../../core/errors.ts';
import { compileLogType } from '../../log-analysis/compile.ts';
import { stringifyEvent } from '../../log-analysis/json-values.ts';
import { processStream } from '../../log-analysis/process-stream.ts';
import { type LogType, loadSchema, schemaMistakes } from '../../log-analysis/schema.ts';
import { type CommandIo, defineCommand, EXIT, type ExitStatus } from '../command.ts';
import { inferFromFiles } from '../inference.ts';
import { logFiles, openLogFile, placeOf, unreadable } from '../log-files.ts';
import { type Output, streamOutput } from '../output.ts';

export const customlogs = defineCommand({
  name: 'customlogs',
  summary: 'Develop schemas of custom logs: test one, or infer one',
  usage: 'test --schema FILE [options] [FILE…] | infer [options] FILE…',
  details:
    'test parses the files (or stdin) with a schema and writes the events as NDJSON; every mistake of a record is told ' +
    'with its line. infer writes a schema made from the files and tries it on them. Exit status 1: some records did ' +
    'not parse.',
  operands: { min: 1 },
  options: {
    schema: { value: 'FILE', aliases: ['s'], description: 'test: the schema (YAML or JSON); it need not have a name' },
    output: { value: 'FILE', aliases: ['o'], description: 'write events or schema to a file instead of stdout' },
    name: { value: 'T', description: 'infer: name of the log type (default: Custom. and the name of the first file)' },
    'skip-test': { description: 'infer: do not try the schema on the files' },
    json: { description: 'infer: one JSON document with the schema and what was found' },
  },
  examples: [
    { line: 'panther customlogs infer --output orders.yml orders.json', does: 'Make a schema.' },
    { line: 'panther customlogs test --schema orders.yml orders.json', does: 'Print the events that it gives.' },
  ],
  async run({ options, operands }, io) {
    const [action = '', ...files] = operands;
    if (action === 'infer') {
      if (options.schema !== undefined) throw new UserError('is for customlogs test', { field: '--schema' });
      if (files.length === 0) throw new UserError('name the files to infer from, or - for stdin');
      return inferFromFiles(files, options, io);
    }
    if (action !== 'test') throw new UserError(`"${action}" is neither test nor infer`);
    if (options.schema === undefined) throw new UserError('name the schema', { field: '--schema' });
    return testSchema(await readSchema(options.schema, io), files.length === 0 ? ['-'] : files, options.output, io);
  },
});

/** A schema on trial need not have a name; all of its mistakes are told. */
async function readSchema(file: string, io: CommandIo): Promise<LogType> {
  const text = await readFile(resolve(io.cwd, file), 'utf8').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const named = withName(text);
  const [last, ...others] = schemaMistakes(named, file).toReversed();
  for (const mistake of others.reverse()) await io.stderr.write(`${io.paint('red', 'error:')} ${mistake}\n`);
  if (last !== undefined) throw last;
  return loadSchema(named, file);
}

/** Lines keep their numbers. */
function withName(text: string): string {
  const document = parseDocument(text);
  const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (typeof value !== 'object' || value === null || Object.hasOwn(value, 'schema')) return text;
  if (/^\s*\{/.test(text)) return text.replace('{', '{"schema": "Custom.Test", ');
  return `${text}\nschema: Custom.Test\n`;
}

async function testSchema(
  logType: LogType,
  operands: readonly string[],
  output: string | undefined,
  io: CommandIo,
): Promise<ExitStatus> {
  const logTypes = [compileLogType(logType)];
  const out = output === undefined ? io.stdout : await openOutput(output, io);
  let [results, errors] = [0, 0];
  for await (const file of logFiles(operands, io)) {
    const { stream, progress } = await openLogFile(file, io);
    let text = '';
    const flush = () => {
      const lines = text;
      text = '';
      return lines === '' ? undefined : out.write(lines);
    };
    try {
      const counts = await processStream(stream, {
        logTypes,
        unitId: '0',
        fileName: file,
        now: () => io.clock.now(),
        signal: io.signal,
        onEvent(event) {
          text += `${stringifyEvent(event)}\n`;
        },
        onKept: (record) => io.stderr.write(`${placeOf(file, record)}: ${record.reason}\n`),
        betweenChunks() {
          progress.update();
          return flush();
        },
      });
      await flush();
      results += counts.stored;
      errors += counts.quarantined + counts.rejected;
    } finally {
      progress.end();
    }
  }
  await out.flush();
  await io.stderr.write(`Done ${results} results, ${errors} errors\n`);
  return errors > 0 ? EXIT.failures : EXIT.done;
}

async function openOutput(file: string, io: CommandIo): Promise<Output> {
  const stream = createWriteStream(resolve(io.cwd, file));
  await new Promise<void>((opened, fail) => {
    stream.once('open', () => opened());
    stream.once('error', (cause: NodeJS.ErrnoException) =>
      fail(new UserError(`${file} cannot be written (${cause.code})`, { field: '--output' }, { cause })),
    );
  });
  return streamOutput(stream);
}
