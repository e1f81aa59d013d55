/**
 * Infers a log schema from samples. Records are looked at one by one and merged, so a log of any size takes the memory
 * of its fields.
 */
import type { Readable } from 'node:stream';
import { UserError } from '../../core/errors.ts';
import { DEFAULT_DECOMPRESS_LIMITS, decompress } from '../decompress.ts';
import { parsePrecisely } from '../json-values.ts';
import { createParserFactory, type ParserSpec, parserSchema } from '../parsers/index.ts';
import { parseJsonObject } from '../parsers/json.ts';
import type { Fields, TextParser } from '../parsers/parser.ts';
import { type LogType, loadSchema } from '../schema.ts';
import { createSplitter } from '../split.ts';
import type { RecordSink } from '../splitters/splitter.ts';
import { fieldsOf, markEventTime } from './fields.ts';
import { type FoundFormat, findFormat } from './format.ts';
import { schemaText } from './schema-text.ts';
import { addValue, newShape } from './shape.ts';

export interface InferInput {
  readonly name: string;
  open(): Promise<Readable>;
}

export interface InferOptions {
  /** Name of the log type, such as `Custom.Orders`. */
  readonly name: string;
  readonly signal: AbortSignal;
  onChunk?(): void;
}

export interface Inferred {
  readonly logType: LogType;
  readonly format: FoundFormat['name'];
  readonly records: number;
  /** Records that are not of the format. */
  readonly unreadable: number;
  /** What the user should know. */
  readonly notes: readonly string[];
  /** The first of the records, as they are. */
  readonly samples: readonly string[];
}

/** So many records decide the format. */
const FIRST_RECORDS = 1_000;
const FIRST_CHARACTERS = 4 << 20;
const SAMPLES = 50;
const MAX_RECORD_BYTES = 16 << 20;
const MAX_FIELDS = 20_000;

/** @throws UserError when the name is not one, there is no record, or no format is evident. */
export async function inferSchema(inputs: readonly InferInput[], options: InferOptions): Promise<Inferred> {
  const learner = createLearner();
  for (const input of inputs) {
    learner.startFile();
    await readRecords(input, learner.record, options);
  }
  return learner.finish(options.name, inputs[0]?.name ?? '');
}

async function readRecords(
  input: InferInput,
  record: (text: string) => void,
  { signal, onChunk }: InferOptions,
): Promise<void> {
  const sink: RecordSink = {
    record(text) {
      const trimmed = text.trim();
      if (trimmed !== '') record(trimmed);
    },
    damaged() {},
    oversize: () => ({ write() {}, end() {} }),
  };
  const splitter = createSplitter(sink, { fileName: input.name, maxRecordBytes: MAX_RECORD_BYTES });
  let problem = '';
  const chunks = decompress(await input.open(), DEFAULT_DECOMPRESS_LIMITS, ({ reason }) => {
    problem = reason;
  });
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    splitter.push(chunk);
    onChunk?.();
  }
  if (problem !== '') throw new UserError(problem, { file: input.name });
  splitter.end();
}

/** Keeps the first records until the format is known. */
function createLearner() {
  const shape = newShape();
  const budget = { left: MAX_FIELDS };
  let first: { text: string; file: number }[] = [];
  let samples: readonly string[] = [];
  let characters = 0;
  let format: FoundFormat | undefined;
  let parser: TextParser | undefined;
  let file = 0;
  let parserFile = -1;
  let records = 0;
  let unreadable = 0;

  function learn(text: string, from: number): void {
    const fields = read(text, from);
    if (typeof fields === 'symbol') return;
    if (typeof fields === 'string') {
      unreadable += 1;
      return;
    }
    records += 1;
    addValue(shape, fields, budget);
  }

  /** Every file has a header of its own. */
  function read(text: string, from: number): Fields | string | symbol {
    if (format?.parser === undefined) return readJson(text);
    if (parserFile !== from) {
      const spec = parserSchema.parse(format.parser) as ParserSpec;
      parser = createParserFactory(spec)({ inputNames: new Set(), nowMs: () => 0 });
      parserFile = from;
    }
    return parser?.parse(text) ?? 'no parser';
  }

  function decide(): void {
    format = findFormat(first.map(({ text }) => text));
    if (format === undefined) throw noFormat(first[0]?.text ?? '');
    for (const { text, file: from } of first) learn(text, from);
    samples = first.slice(0, SAMPLES).map(({ text }) => text);
    first = [];
  }

  return {
    startFile() {
      file += 1;
    },
    record(text: string): void {
      if (format !== undefined) {
        learn(text, file);
        return;
      }
      first.push({ text, file });
      characters += text.length;
      if (first.length >= FIRST_RECORDS || characters >= FIRST_CHARACTERS) decide();
    },
    finish(name: string, inputName: string): Inferred {
      if (format === undefined && first.length > 0) decide();
      if (format === undefined || records === 0) throw new UserError('there is no record in it', { file: inputName });
      const isText = format.parser !== undefined;
      const fields = fieldsOf(shape, { isText }, true) ?? [];
      if (fields.length === 0) throw new UserError('its records have no fields', { file: inputName });
      const time = markEventTime(fields);
      const notes = [...format.notes];
      if (time === undefined)
        notes.push('there is no time in the records: events get the time at which they are parsed');
      if (shape.isMap) notes.push('the records have more names than a schema can hold: those met later are left out');
      const description = `Inferred from ${records.toLocaleString('en')} ${records === 1 ? 'record' : 'records'}.`;
      const text = schemaText({ name, description, parser: format.parser, fields });
      return { logType: loadSchema(text, `${name}.yml`), format: format.name, records, unreadable, notes, samples };
    },
  };
}

function readJson(text: string): Fields | string {
  const fields = parseJsonObject(text);
  // Integers that a double does not hold would look like others.
  return typeof fields === 'object' && /\d{16}/.test(text) ? (parsePrecisely(text) as Fields) : fields;
}

function noFormat(sample: string): UserError {
  const line = sample.length > 80 ? `${sample.slice(0, 79)}…` : sample;
  return new UserError(
    `no format is evident in lines such as "${line}": write a schema with a regex or fastmatch parser, and try it with panther customlogs test`,
  );
}
