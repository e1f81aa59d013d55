/** Pseudo-random choices that are the same for the same seed, on every machine. */

export interface Random {
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
}

export function createRandom(seed: number | string): Random {
  let state = hash(String(seed));

  // Mulberry32: small, fast, and good enough to look at.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  const text = (length: number, alphabet: string) =>
    Array.from({ length }, () => alphabet[int(0, alphabet.length - 1)]).join('');
  const hex = (length: number) => text(length, '0123456789abcdef');

  return {
    next,
    int,
    text,
    hex,
    chance: (probability) => next() < probability,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}
