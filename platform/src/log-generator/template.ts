/**
 * A line as bytes with holes: times, and texts that were made up. Filling it costs a copy, where making a line costs
 * thousands of operations; so many lines come from few templates, each with its own times and ids.
 */
import type { LineAt } from './generator.ts';
import { type Arbitrary, HEX, type Random } from './random.ts';
import { findTimes, type TimeStyle } from './time-styles.ts';

export interface Template {
  /** At most so many bytes are written. */
  readonly maxBytes: number;
  /** Writes the line without a line break; gives where it ends. */
  write(out: Buffer, at: number, timeMs: number, random: Random): number;
}

interface Hole {
  readonly start: number;
  readonly end: number;
  readonly fill: TimeHole | Made;
}

interface TimeHole {
  readonly style: TimeStyle;
  /** From the line's time to the hole's. */
  readonly offsetMs: number;
}

interface Made extends Arbitrary {
  /** The same text stands in several places. */
  readonly group: number;
}

/** The longest text of a time. */
const TIME_BYTES = 32;
/** Shorter texts are not ids: the chance is too great that they stand in the line for another reason. */
const MIN_ID_CHARACTERS = 12;
/** Different in every part, so that a hole that is read wrongly shows. */
const PROBES = [
  '2026-03-17T13:37:42.587Z',
  '2025-11-05T02:09:05.004Z',
  '2027-12-28T23:59:59.990Z',
  '2024-02-29T00:00:00.000Z',
].map((text) => new Date(text));

/** `undefined` when filling holes does not give what the line itself gives: then only the line can be used. */
export function makeTemplate(line: LineAt, made: readonly Arbitrary[]): Template | undefined {
  const [first] = PROBES;
  if (first === undefined) return undefined;
  const text = line(first);
  const holes = withoutOverlaps([...idHoles(text, made), ...timeHoles(text, first.getTime())]);
  if (PROBES.some((time) => fillAsText(text, holes, time.getTime()) !== line(time))) return undefined;
  return compile(text, holes);
}

function idHoles(text: string, made: readonly Arbitrary[]): Hole[] {
  const holes: Hole[] = [];
  for (const [group, id] of made.entries()) {
    if (id.text.length < MIN_ID_CHARACTERS) continue;
    for (let start = text.indexOf(id.text); start >= 0; start = text.indexOf(id.text, start + id.text.length)) {
      holes.push({ start, end: start + id.text.length, fill: { ...id, group } });
    }
  }
  return holes;
}

function timeHoles(text: string, timeMs: number): Hole[] {
  return findTimes(text, timeMs).map(({ start, end, style, offsetMs }) => ({ start, end, fill: { style, offsetMs } }));
}

/** In order; of two that overlap the first in the list stays. */
function withoutOverlaps(holes: readonly Hole[]): readonly Hole[] {
  const kept: Hole[] = [];
  for (const hole of holes) {
    if (kept.every((other) => hole.end <= other.start || hole.start >= other.end)) kept.push(hole);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}

/** What the template gives for a time when its ids stay. */
function fillAsText(text: string, holes: readonly Hole[], timeMs: number): string {
  let filled = '';
  let from = 0;
  for (const { start, end, fill } of holes) {
    filled += text.slice(from, start);
    filled += 'style' in fill ? fill.style(timeMs + fill.offsetMs) : fill.text;
    from = end;
  }
  return filled + text.slice(from);
}

function compile(text: string, holes: readonly Hole[]): Template {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end } of holes) {
    parts.push(Buffer.from(text.slice(from, start)));
    from = end;
  }
  const last = Buffer.from(text.slice(from));
  const fills = holes.map(({ fill }) => fill);
  const groups = new Map<number, number>();
  return {
    maxBytes: Buffer.byteLength(text) + holes.length * TIME_BYTES,
    write(out, start, timeMs, random) {
      let at = start;
      groups.clear();
      for (let index = 0; index < fills.length; index += 1) {
        const part = parts[index] as Buffer;
        out.set(part, at);
        at += part.length;
        const fill = fills[index] as TimeHole | Made;
        if ('style' in fill) at += out.write(fill.style(timeMs + fill.offsetMs), at, 'latin1');
        else at = writeMade(out, at, fill, groups, random);
      }
      out.set(last, at);
      return at + last.length;
    },
  };
}

/** Another text of the same form; within a line, the same wherever it stands. */
function writeMade(out: Buffer, at: number, made: Made, groups: Map<number, number>, random: Random): number {
  const { length } = made.text;
  const earlier = groups.get(made.group);
  if (earlier !== undefined) {
    out.copyWithin(at, earlier, earlier + length);
    return at + length;
  }
  groups.set(made.group, at);
  if (made.alphabet === HEX) writeHex(out, at, made, random);
  else writeText(out, at, made, random);
  return at + length;
}

const HEX_CODES = Uint8Array.from(HEX, (digit) => digit.charCodeAt(0));
const UUID_FORM = new Set([8, 13, 14, 18, 19, 23]);

function writeHex(out: Buffer, at: number, { text, isUuid }: Made, random: Random): void {
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) {
    if ((index & 7) === 0) bits = random.bits();
    const isForm = isUuid && UUID_FORM.has(index);
    out[at + index] = isForm ? text.charCodeAt(index) : (HEX_CODES[bits & 15] as number);
    bits >>>= 4;
  }
}

function writeText(out: Buffer, at: number, { text, alphabet }: Made, random: Random): void {
  for (let index = 0; index < text.length; index += 1) {
    out[at + index] = alphabet.charCodeAt(Math.floor(random.next() * alphabet.length));
  }
}
