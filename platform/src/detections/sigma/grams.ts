/**
 * Finds many texts in another by four characters of each, the rarest that it has: one look into a small table for each
 * character, and a comparison only where these four are. Thousands of texts fit into a table that stays in the
 * processor's cache, which those of an automaton do not.
 */
import type { Automaton, Entry } from './automaton.ts';

export const GRAM = 4;

interface Wanted {
  readonly text: string;
  /** Where the gram begins in the text. */
  readonly offset: number;
  readonly value: number;
}

const MIN_BITS = 14;
const MAX_BITS = 20;

/** @param entries Texts of at least `GRAM` characters, with what stands for them. */
export function createGramFinder(entries: readonly Entry[]): Automaton {
  const bits = Math.min(MAX_BITS, Math.max(MIN_BITS, Math.ceil(Math.log2(entries.length * 32))));
  const shift = 32 - bits;
  const table = new Uint32Array(2 ** bits / 32);
  const buckets = new Map<number, Wanted[]>();
  const counts = countGrams(entries);
  for (const [text, value] of entries) {
    const offset = rarestGram(text, counts);
    const place = placeOf(gramAt(text, offset), shift);
    table[place >>> 5] = (table[place >>> 5] as number) | (1 << (place & 31));
    buckets.set(place, [...(buckets.get(place) ?? []), { text, offset, value }]);
  }

  function compare(text: string, start: number, place: number, found: (value: number) => void): void {
    const bucket = buckets.get(place) as readonly Wanted[];
    for (let index = 0; index < bucket.length; index += 1) {
      const wanted = bucket[index] as Wanted;
      if (start >= wanted.offset && text.startsWith(wanted.text, start - wanted.offset)) found(wanted.value);
    }
  }

  return {
    scan(text, found) {
      const { length } = text;
      let gram = 0;
      for (let index = 0; index < length; index += 1) {
        gram = (gram << 8) | (text.charCodeAt(index) & 0xff);
        const place = Math.imul(gram, MIX) >>> shift;
        if (((table[place >>> 5] as number) & (1 << (place & 31))) !== 0 && index >= GRAM - 1)
          compare(text, index - GRAM + 1, place, found);
      }
    },
  };
}

/** Spreads numbers over all bits. */
const MIX = 0x9e3779b1;

function placeOf(gram: number, shift: number): number {
  return Math.imul(gram, MIX) >>> shift;
}

/** The low bytes of four characters: others with the same are told apart when the texts are compared. */
function gramAt(text: string, offset: number): number {
  let gram = 0;
  for (let index = offset; index < offset + GRAM; index += 1) gram = (gram << 8) | (text.charCodeAt(index) & 0xff);
  return gram;
}

function countGrams(entries: readonly Entry[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const [text] of entries) {
    for (let offset = 0; offset + GRAM <= text.length; offset += 1) {
      const gram = gramAt(text, offset);
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  }
  return counts;
}

function rarestGram(text: string, counts: ReadonlyMap<number, number>): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let offset = 0; offset + GRAM <= text.length; offset += 1) {
    const count = counts.get(gramAt(text, offset)) as number;
    if (count >= least) continue;
    least = count;
    best = offset;
  }
  return best;
}
