/** Texts as they are compared when case does not matter. What holds for parts of a text holds for the folded parts. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  // The final sigma depends on what follows, and the long s has no capital of its own.
  return lower.includes('ς') || lower.includes('ſ') ? lower.replaceAll('ς', 'σ').replaceAll('ſ', 's') : lower;
}

/** Every text that a value of an event counts as: lists as each of their elements, maps as their JSON. */
export function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return [textOf(value)];
}

/** Of a value that is no list and not null. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value, digits) : String(value);
}

function digits(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
