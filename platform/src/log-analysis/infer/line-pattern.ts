/**
 * The pattern of text lines, when it is evident: times, levels, addresses, values in quotes or brackets and `name=value`
 * stand at the same places in every line, and free text after them.
 */
import { compileGrok } from '../parsers/grok.ts';

type Kind = 'time' | 'level' | 'address' | 'number' | 'quoted' | 'bracketed' | 'pair' | 'dash' | 'word';

interface Token {
  readonly kind: Kind;
  /** Of a pair, its name. */
  readonly name: string;
  readonly text: string;
  /** Before it. */
  readonly gap: string;
}

const TIMES = [
  '\\d{4}[-/]\\d\\d[-/]\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?(?:Z| ?[+-]\\d\\d:?\\d\\d)?',
  '\\d\\d/[A-Z][a-z][a-z]/\\d{4}:\\d\\d:\\d\\d:\\d\\d(?: [+-]\\d{4})?',
  '(?:[A-Z][a-z][a-z] )?[A-Z][a-z][a-z] [ \\d]\\d \\d\\d:\\d\\d:\\d\\d(?: \\d{4})?',
];
const TIME = TIMES.join('|');
const LEVEL = '(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRIT|CRITICAL|ALERT|FATAL|EMERG)';

/** Tried in this order at the start of what is left of the line. */
const LEXER: readonly (readonly [Kind, RegExp])[] = [
  ['time', new RegExp(`^(?:\\[(?:${TIME})\\]|(?:${TIME}))(?=[\\s,;|]|$)`)],
  ['level', new RegExp(`^(?:\\[ ?${LEVEL} ?\\]|${LEVEL}:?)(?=\\s|$)`, 'i')],
  ['pair', /^[A-Za-z_][\w.-]*=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)/],
  ['quoted', /^"(?:[^"\\]|\\.)*"(?=\s|$)/],
  ['bracketed', /^\[[^\]]*\](?=\s|:|$)/],
  ['address', /^(?:\d{1,3}\.){3}\d{1,3}(?=\s|$)/],
  ['number', /^-?\d+(?:\.\d+)?(?=\s|$)/],
  ['dash', /^-(?=\s|$)/],
  ['word', /^\S+/],
];

/** More tokens of a line are free text. */
const MAX_TOKENS = 48;
const STRUCTURE: readonly Kind[] = ['time', 'level', 'address', 'quoted', 'bracketed', 'pair'];

export interface LinePattern {
  /** For a `regex` parser. */
  readonly match: string[];
  readonly emptyValues: string[];
}

/** `undefined` when no pattern is evident. */
export function findLinePattern(lines: readonly string[]): LinePattern | undefined {
  const tokens = lines.map(tokenise);
  const columns = alignedColumns(tokens);
  const isWhole = tokens.every((line) => line.length === columns.length);
  const kept = isWhole ? columns : withoutFreeText(columns);
  if (!isEvident(kept)) return undefined;
  const match = patternOf(kept, !isWhole || kept.length < columns.length);
  const { regex } = compileGrok(match.join(''));
  return lines.every((line) => regex.test(line)) ? { match, emptyValues: ['-'] } : undefined;
}

function tokenise(line: string): readonly Token[] {
  const tokens: Token[] = [];
  let rest = line;
  while (rest !== '' && tokens.length < MAX_TOKENS) {
    const gap = /^\s*/.exec(rest)?.[0] ?? '';
    rest = rest.slice(gap.length);
    const found = LEXER.find(([, pattern]) => pattern.test(rest));
    const text = found?.[1].exec(rest)?.[0] ?? '';
    if (found === undefined || text === '') break;
    const name = found[0] === 'pair' ? text.slice(0, text.indexOf('=')) : '';
    tokens.push({ kind: found[0], name, text, gap });
    rest = rest.slice(text.length);
  }
  return tokens;
}

/** What stands at a place in all lines. */
interface Column {
  readonly kind: Kind;
  readonly name: string;
  readonly texts: readonly string[];
}

/** From the start on, as far as the lines agree. */
function alignedColumns(lines: readonly (readonly Token[])[]): readonly Column[] {
  const columns: Column[] = [];
  const length = Math.min(...lines.map((line) => line.length));
  for (let index = 0; index < length; index += 1) {
    const tokens = lines.flatMap((line) => line[index] ?? []);
    const kind = commonKind(tokens);
    if (kind === undefined) break;
    columns.push({ kind, name: tokens[0]?.name ?? '', texts: tokens.map(({ text }) => text) });
  }
  return columns;
}

/** Values without delimiters of their own may be of different kinds; a dash is no value. */
const PLAIN: readonly Kind[] = ['address', 'number', 'word', 'dash'];

function commonKind(tokens: readonly Token[]): Kind | undefined {
  const kinds = [...new Set(tokens.map(({ kind }) => kind))];
  const valued = kinds.filter((kind) => kind !== 'dash');
  if (new Set(tokens.map(({ name }) => name)).size > 1) return undefined;
  if (kinds.length === 1) return kinds[0];
  if (kinds.every((kind) => PLAIN.includes(kind))) return valued.length === 1 ? valued[0] : 'word';
  return undefined;
}

/** Words after the last part of the structure are the message. */
function withoutFreeText(columns: readonly Column[]): readonly Column[] {
  const last = columns.findLastIndex(
    ({ kind, texts }) => STRUCTURE.includes(kind) || texts.every((text) => text.endsWith(':')),
  );
  return columns.slice(0, last + 1);
}

function isEvident(columns: readonly Column[]): boolean {
  const parts = columns.filter(({ kind }) => STRUCTURE.includes(kind));
  const pairs = columns.filter(({ kind }) => kind === 'pair');
  return pairs.length >= 2 || (parts.some(({ kind }) => kind === 'time') && columns.length >= 2);
}

/** One part of the expression for each column. */
function patternOf(columns: readonly Column[], hasMessage: boolean): string[] {
  const names = new Set<string>();
  const parts = columns.map((column, index) => (index === 0 ? '^' : '\\s+') + columnPattern(column, index, names));
  if (!hasMessage) return [...parts, '\\s*$'];
  return [...parts, `(?:\\s+(?<${unused('message', names)}>.*))?$`];
}

function columnPattern(column: Column, index: number, names: Set<string>): string {
  const { kind, texts } = column;
  const group = (pattern: string) => `(?<${unused(nameOf(column, index), names)}>${pattern})`;
  const are = (start: string) => texts.every((text) => text.startsWith(start));
  switch (kind) {
    case 'time':
      return are('[') ? `\\[${group('[^\\]]+')}\\]` : group(timePattern(texts));
    case 'level':
      return are('[') ? `\\[ ?${group('\\w+')} ?\\]` : `${group('\\w+')}:?`;
    case 'quoted':
      return `"${group('(?:[^"\\\\]|\\\\.)*')}"`;
    case 'bracketed':
      return `\\[${group('[^\\]]*')}\\]:?`;
    case 'pair':
      return pairPattern(column, group);
    default:
      return texts.every((text) => text.endsWith(':') && text.length > 1) ? `${group('[^\\s:]\\S*?')}:` : group('\\S+');
  }
}

/** Only the forms that there are. */
function timePattern(texts: readonly string[]): string {
  const used = TIMES.filter((form) => texts.some((text) => new RegExp(`^(?:${form})$`).test(text)));
  return used.join('|');
}

function pairPattern({ name, texts }: Column, group: (pattern: string) => string): string {
  const start = `${name.replaceAll(/[.-]/g, '\\$&')}=`;
  const values = texts.map((text) => text.slice(name.length + 1));
  if (values.every((value) => value.startsWith('"'))) return `${start}"${group('(?:[^"\\\\]|\\\\.)*')}"`;
  // Quotes stand where they are needed; they stay on the value.
  return (
    start +
    (values.some((value) => value.startsWith('"')) ? group('"(?:[^"\\\\]|\\\\.)*"|[^\\s"]*') : group('[^\\s"]*'))
  );
}

function nameOf({ kind, name, texts }: Column, index: number): string {
  const all = (pattern: RegExp) => texts.every((text) => text === '-' || pattern.test(text));
  switch (kind) {
    case 'time':
      return 'time';
    case 'level':
      return 'level';
    case 'address':
      return 'ip';
    case 'pair':
      return name.replaceAll(/\W/g, '_');
    case 'quoted':
      if (all(/^"[A-Z]+ \S+ HTTP\/[\d.]+"$/)) return 'request';
      if (all(/^"(?:https?:\/\/.*|-)"$/)) return 'referrer';
      if (all(/^"(?:Mozilla|curl|.*\/[\d.]+)/)) return 'user_agent';
      return `field_${index + 1}`;
    case 'number':
      return all(/^[1-5]\d\d$/) ? 'status' : `number_${index + 1}`;
    default:
      return texts.every((text) => text.endsWith(':')) ? 'program' : `field_${index + 1}`;
  }
}

function unused(name: string, names: Set<string>): string {
  let candidate = name;
  for (let number = 2; names.has(candidate); number += 1) candidate = `${name}_${number}`;
  names.add(candidate);
  return candidate;
}
