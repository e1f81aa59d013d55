/** A generator for any log type, made from its schema. Every line is one that the log type's own parser accepts. */
import { UserError } from '../../core/errors.ts';
import { compileLogType } from '../../log-analysis/compile.ts';
import { SKIP } from '../../log-analysis/parsers/parser.ts';
import type { LogType } from '../../log-analysis/schema.ts';
import type { Generator, LineAt } from '../generator.ts';
import { type RawFormat, rawFormat } from './formats.ts';
import { type MakeRecord, recordMaker, type SampleValues } from './record.ts';

/** Values are drawn by chance; what the schema refuses is drawn again so many times. */
const ATTEMPTS = 200;
const PROBE = new Date('2026-03-17T13:37:42.587Z');

/** @throws UserError when no line can be made that the schema accepts. */
export function schemaGenerator(logType: LogType, samples: SampleValues = new Map()): Generator {
  const { format, makeRecord } = prepare(logType, samples);
  const accepts = checker(logType, format);
  return {
    logType: logType.name,
    ...(format.header !== undefined && { header: format.header }),
    attacks: [],
    line(random) {
      let problem = '';
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const seed = random.bits();
        const line: LineAt = (time) => {
          const choices = random.fork(seed);
          return format.write(makeRecord(choices, time), choices, time);
        };
        problem = accepts(line(PROBE));
        if (problem === '') return line;
      }
      throw cannotMake(logType, problem);
    },
  };
}

function prepare(logType: LogType, samples: SampleValues): { format: RawFormat; makeRecord: MakeRecord } {
  try {
    return { format: rawFormat(logType), makeRecord: recordMaker(logType, samples) };
  } catch (error) {
    throw cannotMake(logType, (error as Error).message);
  }
}

/** Gives what is wrong with a line, as the log type's parser says it. */
function checker(logType: LogType, format: RawFormat): (line: string) => string {
  const compiled = compileLogType(logType);
  const nowMs = () => PROBE.getTime();
  const parser = compiled.createParser({ nowMs });
  if (format.header !== undefined) parser?.parse(format.header);
  const context = { rowId: '', parseTime: '', nowMs: nowMs(), sourceId: undefined, sourceLabel: undefined };
  return (raw) => {
    // As records are read from a file.
    const line = raw.trim();
    if (line.includes('\n')) return 'the line has a line break in it';
    const fields = parser === undefined ? (JSON.parse(line) as Record<string, unknown>) : parser.parse(line);
    if (fields === SKIP) return 'the parser skips it';
    if (typeof fields === 'string') return fields;
    const event = compiled.normalise(fields, context);
    return typeof event === 'string' ? event : '';
  };
}

function cannotMake(logType: LogType, reason: string): UserError {
  return new UserError(`no logs of type ${logType.name} can be made from its schema: ${reason}`, {
    file: logType.file,
  });
}
