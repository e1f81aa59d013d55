/** Text patterns: `*` and `?` are wildcards, a backslash takes the special meaning from them and from itself. */
import type { Part } from './rule.ts';

export const ANY: Part = { wild: '*' };
export const ONE: Part = { wild: '?' };

/** A backslash before any other character is a backslash. */
export function parsePattern(text: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = '';
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] as string;
    const next = text[index + 1];
    if (char === '\\' && (next === '\\' || next === '*' || next === '?')) {
      literal += next;
      index += 1;
    } else if (char === '*' || char === '?') {
      parts.push(literal, char === '*' ? ANY : ONE);
      literal = '';
    } else literal += char;
  }
  return tidy([...parts, literal]);
}

/** Neighbouring literals become one; empty ones and repeated `*` go. */
export function tidy(parts: readonly Part[]): readonly Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part === '') continue;
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else if (isAny(part) && isAny(last)) continue;
    else result.push(part);
  }
  return result;
}

export function isAny(part: Part | undefined): boolean {
  return typeof part === 'object' && 'wild' in part && part.wild === '*';
}

export function isWild(part: Part): part is { readonly wild: '*' | '?' | '-' } {
  return typeof part === 'object' && 'wild' in part;
}

/** The text of a pattern without wildcards and placeholders, else undefined. */
export function plainText(parts: readonly Part[]): string | undefined {
  return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined;
}

/** As it would be written in a rule. */
export function writePattern(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? escapeText(part) : writeSpecial(part))).join('');
}

function writeSpecial(part: Exclude<Part, string>): string {
  if ('placeholder' in part) return `%${part.placeholder}%`;
  return part.wild;
}

function escapeText(text: string): string {
  return text.replaceAll(/\\(?=[\\*?]|$)|[*?]/g, '\\$&');
}

/** What Windows programs take for the dash before an option. */
export const DASHES = ['-', '/', '–', '—', '―'] as const;

/**
 * Tells whether a text fits a pattern. Each `*` gives back at most once per character, so the time is bounded by the
 * product of the two lengths, and by their sum for patterns as people write them.
 */
export function compilePattern(parts: readonly Part[]): (text: string) => boolean {
  const segments: Part[][] = [[]];
  for (const part of parts) {
    if (isAny(part)) segments.push([]);
    else (segments.at(-1) as Part[]).push(part);
  }
  return (text) => fitsSegments(segments, text);
}

function fitsSegments(segments: readonly (readonly Part[])[], text: string): boolean {
  const first = segments[0] as readonly Part[];
  let at = segmentEnd(first, text, 0);
  if (at < 0) return false;
  if (segments.length === 1) return at === text.length;
  for (const segment of segments.slice(1, -1)) {
    at = findSegment(segment, text, at);
    if (at < 0) return false;
  }
  return endsWithSegment(segments.at(-1) as readonly Part[], text, at);
}

/** Where the segment ends when it stands at `from`; -1 when it does not. */
function segmentEnd(segment: readonly Part[], text: string, from: number): number {
  let at = from;
  for (const part of segment) {
    if (typeof part === 'string') {
      if (!text.startsWith(part, at)) return -1;
      at += part.length;
    } else {
      if (at >= text.length) return -1;
      if (isWild(part) && part.wild === '-' && !isDash(text[at] as string)) return -1;
      at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
    }
  }
  return at;
}

function findSegment(segment: readonly Part[], text: string, from: number): number {
  const [head] = segment;
  if (typeof head === 'string' && segment.length === 1) {
    const found = text.indexOf(head, from);
    return found < 0 ? -1 : found + head.length;
  }
  for (let start = from; start <= text.length; start += 1) {
    if (typeof head === 'string') start = text.indexOf(head, start);
    if (start < 0) return -1;
    const end = segmentEnd(segment, text, start);
    if (end >= 0) return end;
  }
  return -1;
}

function endsWithSegment(segment: readonly Part[], text: string, from: number): boolean {
  if (segment.length === 0) return true;
  const [only] = segment;
  if (segment.length === 1 && typeof only === 'string') return text.length - only.length >= from && text.endsWith(only);
  for (let start = from; start <= text.length; start += 1) {
    if (segmentEnd(segment, text, start) === text.length) return true;
  }
  return false;
}

function isDash(char: string): boolean {
  return (DASHES as readonly string[]).includes(char);
}
