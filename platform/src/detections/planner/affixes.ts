/** Finds what was added under the texts that a value starts or ends with: one look for each length that there is. */
export interface Affix {
  readonly is: 'startsWith' | 'endsWith';
  readonly texts: readonly string[];
}

export interface Affixes<T> {
  readonly size: number;
  add(affix: Affix, item: T): void;
  /** Gives lists of items; one can be in several. */
  find(value: string, take: (items: readonly T[]) => void): void;
}

interface Side<T> {
  readonly byLength: Map<number, Map<string, T[]>>;
  cut(value: string, length: number): string;
}

export function createAffixes<T>(): Affixes<T> {
  const sides: Record<Affix['is'], Side<T>> = {
    startsWith: { byLength: new Map(), cut: (value, length) => value.slice(0, length) },
    endsWith: { byLength: new Map(), cut: (value, length) => value.slice(value.length - length) },
  };
  let size = 0;

  return {
    get size() {
      return size;
    },
    add({ is, texts }, item) {
      size += 1;
      const { byLength } = sides[is];
      for (const text of texts) {
        const byText = byLength.get(text.length) ?? new Map<string, T[]>();
        byLength.set(text.length, byText);
        const items = byText.get(text);
        if (items === undefined) byText.set(text, [item]);
        else items.push(item);
      }
    },
    find(value, take) {
      for (const { byLength, cut } of [sides.startsWith, sides.endsWith]) {
        for (const [length, byText] of byLength) {
          const items = length > value.length ? undefined : byText.get(cut(value, length));
          if (items !== undefined) take(items);
        }
      }
    },
  };
}
