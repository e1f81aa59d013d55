/**
 * The log of a running Panther, on stderr: one line per entry, for people on a terminal (`12:00:01 warn message a=1`),
 * as JSON elsewhere. Messages are static, what varies is in the fields; secrets come out as `[redacted]`.
 */
import { writeSync } from 'node:fs';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const SECRET_NAME = /secret|password|token|authorization|cookie|api_?key|signature|private/i;
const MAX_TEXT = 4_000;

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  now(): Date;
  write?(line: string): void;
}

export function createLog({ level, format, now, write = writeToStderr }: LogOptions): Log {
  const least = LEVELS.indexOf(level);

  function entry(of: LogLevel) {
    return (fields: object, message: string): void => {
      if (LEVELS.indexOf(of) < least) return;
      const safe = redact(fields);
      const at = now().toISOString();
      write(format === 'json' ? asJson(at, of, message, safe) : asText(at, of, message, safe));
    };
  }

  return { debug: entry('debug'), info: entry('info'), warn: entry('warn'), error: entry('error') };
}

function asJson(at: string, level: LogLevel, message: string, fields: Record<string, unknown>): string {
  return `${JSON.stringify({ at, level, message, ...fields })}\n`;
}

function asText(at: string, level: LogLevel, message: string, fields: Record<string, unknown>): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  return `${[at.slice(11, 19), level.padEnd(5), message, ...parts].join(' ')}\n`;
}

function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}

/** Errors become their message, cause and (for bugs) stack; values of secret names are hidden at every depth. */
function redact(fields: object): Record<string, unknown> {
  const text = JSON.stringify(fields, (name, value: unknown) => {
    if (name !== '' && SECRET_NAME.test(name)) return '[redacted]';
    if (value instanceof Error) return describe(value);
    if (typeof value === 'bigint') return String(value);
    return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  });
  return JSON.parse(text) as Record<string, unknown>;
}

function describe(error: Error): string {
  const isExpected = error.name === 'UserError' || error.name === 'ExternalError';
  const text = isExpected ? error.message : (error.stack ?? error.message);
  return error.cause instanceof Error ? `${text}: ${error.cause.message}` : text;
}

/** Synchronously, so that the last words before a crash are not lost. */
function writeToStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // A closed or full stderr must not stop Panther.
  }
}
