/** Pseudo-random choices that are the same for the same seed, on every machine. */

export interface Random {
  /** 32 bits, not negative. */
  bits(): number;
  /** In [0, 1). */
  next(): number;
  /** In [min, max], whole. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<const Items extends readonly [unknown, ...unknown[]]>(items: Items): Items[number];
  /** Lower-case hexadecimal digits. */
  hex(length: number): string;
  /** Characters of an alphabet. */
  text(length: number, alphabet: string): string;
  uuid(): string;
  /** Choices of their own: with the same seed the same, however many were made here. */
  fork(seed: number | string): Random;
}

/** Text that stands for nothing but itself, so that any other text of the alphabet serves as well. */
export interface Arbitrary {
  readonly text: string;
  readonly alphabet: string;
  /** Characters that are not of the alphabet are part of the form. */
  readonly isUuid: boolean;
}

export const HEX = '0123456789abcdef';

/** `onText` is told of every text that was made up. */
export function createRandom(seed: number | string, onText?: (made: Arbitrary) => void): Random {
  let state = hash(String(seed));

  // Mulberry32: small, fast, and good enough to look at.
  function bits(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  const next = () => bits() / 4_294_967_296;
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  const characters = (length: number, alphabet: string) =>
    Array.from({ length }, () => alphabet[int(0, alphabet.length - 1)]).join('');

  function text(length: number, alphabet: string): string {
    const made = characters(length, alphabet);
    onText?.({ text: made, alphabet, isUuid: false });
    return made;
  }

  function uuid(): string {
    const hex = (length: number) => characters(length, HEX);
    const made = `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
    onText?.({ text: made, alphabet: HEX, isUuid: true });
    return made;
  }

  return {
    bits,
    next,
    int,
    text,
    hex: (length) => text(length, HEX),
    chance: (probability) => next() < probability,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    uuid,
    fork: (other) => createRandom(other, onText),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}
