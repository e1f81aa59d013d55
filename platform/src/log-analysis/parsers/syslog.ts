/** Syslog messages: RFC 3164 (with a classic or an RFC 3339 timestamp) and RFC 5424. */
import { z } from 'zod';
import { compileTimeFormat } from '../timestamps.ts';
import { commonOptions, type Fields, type ParserContext, type ParserUnit, withCommonOptions } from './parser.ts';

const options = z.strictObject({ format: z.enum(['rfc3164', 'rfc5424']), ...commonOptions });

type Options = z.infer<typeof options>;

export const syslog: ParserUnit<Options> = {
  options,
  create(config) {
    const parse = config.format === 'rfc3164' ? parseRfc3164 : parseRfc5424;
    return (context) => withCommonOptions({ parse: (text) => parse(text, context) }, config);
  },
};

const PRIORITY = /^<(0|[1-9]\d{0,2})>/;
const MAX_PRIORITY = 191;

function readPriority(text: string): { fields: Fields; end: number } | undefined {
  const match = PRIORITY.exec(text);
  const priority = Number(match?.[1]);
  if (match === null || priority > MAX_PRIORITY) return undefined;
  return { fields: { priority, facility: priority >> 3, severity: priority & 7 }, end: match[0].length };
}

const CLASSIC_TIME = /([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) +/y;
const MODERN_TIME = /(\d{4}-\d\d-\d\dT\S+) +/y;
const HOST = /(\S+) */y;
/** `tag:` or `tag[pid]:`; up to 48 characters, as programs with long names are common. */
const TAG = /([^\s:[]+)(?:\[([^\]\s]*)\])?: ?/y;
const readClassicTime = compileTimeFormat('%b %e %H:%M:%S');
const readModernTime = compileTimeFormat('rfc3339');

function parseRfc3164(text: string, context: ParserContext): Fields | string {
  const priority = readPriority(text);
  if (priority === undefined) return 'no priority such as <34> at its start';
  const { fields } = priority;
  let at = priority.end;
  const classic = matchAt(CLASSIC_TIME, text, at);
  const time = classic ?? matchAt(MODERN_TIME, text, at);
  const timestamp = time && (classic === undefined ? readModernTime : readClassicTime)(time[1], context.nowMs());
  if (time === undefined || !timestamp) return 'no RFC 3164 timestamp after the priority';
  at += time[0].length;
  const host = matchAt(HOST, text, at);
  if (host === undefined) return 'no host after the timestamp';
  at += host[0].length;
  fields.timestamp = `${timestamp.replace(' ', 'T')}Z`;
  fields.hostname = host[1];
  const tag = matchAt(TAG, text, at);
  if (tag !== undefined) {
    fields.appname = tag[1];
    if (tag[2]) fields.procid = tag[2];
    at += tag[0].length;
  }
  if (at < text.length) fields.message = text.slice(at);
  return fields;
}

const HEADER = /([1-9]\d{0,2}) (\S+) (\S+) (\S+) (\S+) (\S+) /y;
const HEADER_NAMES = ['version', 'timestamp', 'hostname', 'appname', 'procid', 'msgid'] as const;

function parseRfc5424(text: string, context: ParserContext): Fields | string {
  const priority = readPriority(text);
  if (priority === undefined) return 'no priority such as <34> at its start';
  const { fields } = priority;
  const header = matchAt(HEADER, text, priority.end);
  if (header === undefined) return 'not an RFC 5424 header after the priority';
  for (const [index, name] of HEADER_NAMES.entries()) {
    if (header[index + 1] !== '-') fields[name] = header[index + 1];
  }
  const timestamp = fields.timestamp;
  if (timestamp !== undefined && !readModernTime(timestamp, context.nowMs())) return 'no RFC 5424 timestamp';
  const end = readStructuredData(text, priority.end + header[0].length, fields);
  if (end < 0) return 'its structured data is not closed';
  if (end < text.length && text.charCodeAt(end) !== 32) return 'no space after its structured data';
  if (end + 1 < text.length) fields.message = text.slice(end + 1);
  return fields;
}

const ELEMENT = /\[([^\s=\]"]+)/y;
const PARAMETER = / +([^\s=\]"]+)="((?:[^"\\\]]|\\[\s\S])*)"/y;

/** Reads `-` or `[id name="value" …]…`; gives where it ends, -1 when it is broken. */
function readStructuredData(text: string, start: number, fields: Fields): number {
  if (text.charCodeAt(start) === 45) return start + 1;
  const elements: Record<string, Record<string, string>> = {};
  let at = start;
  for (let element = matchAt(ELEMENT, text, at); element !== undefined; element = matchAt(ELEMENT, text, at)) {
    at += element[0].length;
    const parameters: Record<string, string> = {};
    for (let pair = matchAt(PARAMETER, text, at); pair !== undefined; pair = matchAt(PARAMETER, text, at)) {
      at += pair[0].length;
      define(parameters, pair[1] ?? '', (pair[2] ?? '').replace(/\\(["\\\]])/g, '$1'));
    }
    if (text.charCodeAt(at) !== 93) return -1;
    at += 1;
    define(elements, element[1] ?? '', parameters);
  }
  if (at === start) return -1;
  fields.structured_data = elements;
  return at;
}

/** Sets a property whatever its name is (`__proto__` too). */
function define<T>(object: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
