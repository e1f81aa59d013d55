const FIELDS = 4;
const LENGTH = 90;
const TIME = /^\d{4}-\d\d-\d\d[ T]/;

/** The event's first texts of its own that are neither long nor times. */
export function eventPreview(event: Readonly<Record<string, unknown>>): string {
  return Object.entries(event)
    .filter(
      ([name, value]) =>
        !name.startsWith('p_') && typeof value === 'string' && value.length < LENGTH && !TIME.test(value),
    )
    .slice(0, FIELDS)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join('  ');
}
