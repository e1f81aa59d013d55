/** Rows as a table of text, as wide as the terminal at most. */
import { stripVTControlCharacters } from 'node:util';

export interface TableColumn {
  readonly name: string;
  readonly type: string;
}

/** A column of its own that stands for those that have no room. */
const MORE = '…';
const MIN_WIDTH = 5;
/** Characters around a column: `│ text `. */
const FRAME = 3;

/** `maxWidth` in characters; absent for as wide as needed. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly unknown[])[],
  maxWidth = Number.POSITIVE_INFINITY,
): string {
  const texts = rows.map((row) => columns.map((_, index) => cellText(row[index])));
  const shown = columnsThatFit(columns.length, maxWidth);
  const heads = [columns.map(({ name }) => cellText(name)), columns.map(({ type }) => cellText(typeName(type)))];
  const all = [...heads, ...texts].map((row) => pick(row, shown, MORE));
  const widths = fit(
    all[0]?.map((_, index) => Math.max(...all.map((row) => textWidth(row[index] ?? '')))) ?? [],
    maxWidth,
  );
  const isNumber = pick(
    columns.map(({ type }) => NUMBERS.test(type)),
    shown,
    false,
  );
  const line = (row: readonly string[], alignRight: readonly (boolean | undefined)[]) =>
    `│ ${row.map((text, index) => pad(text, widths[index] ?? 0, alignRight[index] === true)).join(' │ ')} │\n`;
  const rule = (left: string, middle: string, right: string) =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(middle)}${right}\n`;
  const [names, types, ...body] = all;
  return [
    rule('┌', '┬', '┐'),
    line(names ?? [], isNumber),
    line(types ?? [], isNumber),
    rule('├', '┼', '┤'),
    ...body.map((row) => line(row, isNumber)),
    rule('└', '┴', '┘'),
  ].join('');
}

const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\))$/;

function typeName(type: string): string {
  return type.replace(/\(.*$/s, '').toLowerCase() + (type.endsWith('[]') && type.includes('(') ? '[]' : '');
}

/** How many columns of the left and of the right are shown; the rest stands behind `…`. */
function columnsThatFit(count: number, maxWidth: number): { readonly left: number; readonly right: number } {
  const room = Math.max(2, Math.floor((maxWidth - 1) / (MIN_WIDTH + FRAME)));
  if (count <= room) return { left: count, right: 0 };
  const shown = room - 1;
  return { left: Math.ceil(shown / 2), right: Math.floor(shown / 2) };
}

function pick<T>(row: readonly T[], { left, right }: { left: number; right: number }, more: T): T[] {
  if (left === row.length) return [...row];
  return [...row.slice(0, left), more, ...(right === 0 ? [] : row.slice(-right))];
}

/** Takes from the widest columns until the line fits. */
function fit(widths: number[], maxWidth: number): number[] {
  const fitted = [...widths];
  const excess = () => fitted.reduce((sum, width) => sum + width + FRAME, 1) - maxWidth;
  while (excess() > 0) {
    const widest = Math.max(...fitted);
    if (widest <= MIN_WIDTH) return fitted;
    const next = Math.max(MIN_WIDTH, ...fitted.filter((width) => width < widest));
    const count = fitted.filter((width) => width === widest).length;
    const cut = Math.min(widest - next, Math.max(1, Math.ceil(excess() / count)));
    for (const [index, width] of fitted.entries()) if (width === widest) fitted[index] = width - cut;
  }
  return fitted;
}

function pad(text: string, width: number, alignRight: boolean): string {
  const cut = truncate(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(cut)));
  return alignRight ? space + cut : cut + space;
}

function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let used = 0;
  let cut = '';
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

const GRAPHEMES = new Intl.Segmenter();

function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += graphemeWidth(segment);
  return width;
}

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

function graphemeWidth(grapheme: string): number {
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Log text must not steer the terminal: control and direction characters are shown, not sent. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return stripVTControlCharacters(text).replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    escapeCharacter,
  );
}

function escapeCharacter(character: string): string {
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
