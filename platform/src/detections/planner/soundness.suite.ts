/** What the tests of both languages' planners share: events around a rule's own words, and the check that a plan is safe. */
import fc from 'fast-check';
import type { Condition } from './condition.ts';
import { holds } from './evaluate.ts';

export interface PlannedRule {
  readonly name: string;
  readonly source: string;
  /** An event that the rule matches or fails on. */
  readonly near: object;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Events of the texts in the rule's source, and ways in which `near` can be off. */
export function eventsFor({ source, near }: PlannedRule): fc.Arbitrary<Record<string, Json>> {
  const texts = [
    ...new Set([...source.matchAll(/["'`]([^"'`\n]*)["'`]|event\??\.(\w+)|\?\.(\w+)/g)].flatMap((m) => m.slice(1))),
  ];
  const words = [...texts.filter((one) => one !== undefined), 'other', ''];
  const keys = words.flatMap((word) => [word, word.toUpperCase(), word.toLowerCase()]).filter((key) => !(key in {}));
  const scalar = fc.oneof(
    fc.constantFrom<Json>(...words, ...words.map((word) => `x${word}x`), ...words.map((word) => word.toUpperCase())),
    fc.constantFrom<Json>(null, true, false, 0, 1, 2, 5, 9.5, -1, 404, 'ſK', 'É'),
  );
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 6, arbitrary: scalar },
      { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 2 }) },
      { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4 }) },
    ),
  }));
  const edit = fc.record({ at: fc.nat(), by: fc.constantFrom('set', 'remove', 'rename'), value });
  const edited = fc.array(edit, { maxLength: 3 }).map((edits) => {
    const event = structuredClone(near) as Record<string, Json>;
    for (const one of edits) change(event, one);
    return event;
  });
  const fresh = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 6 });
  return fc.oneof(
    edited,
    fresh,
    fc.tuple(edited, fresh).map(([one, other]) => ({ ...one, ...other })),
  );
}

interface Edit {
  readonly at: number;
  readonly by: string;
  readonly value: Json;
}

function change(event: Record<string, Json>, { at, by, value }: Edit): void {
  const places = placesIn(event);
  const place = places[at % places.length];
  if (place === undefined) return;
  const [owner, key] = place;
  if (by === 'rename') owner[at % 2 === 0 ? key.toUpperCase() : key.toLowerCase()] = owner[key] as Json;
  if (by === 'set') owner[key] = value;
  else delete owner[key];
}

function placesIn(map: Record<string, Json>): readonly (readonly [Record<string, Json>, string])[] {
  return Object.entries(map).flatMap(([key, value]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [[map, key] as const, ...(isMap ? placesIn(value as Record<string, Json>) : [])];
  });
}

/** Events for which the rule has an answer although its condition says that it has none. Must be empty. */
export function wronglySkipped(
  condition: Condition,
  events: readonly object[],
  answered: ReadonlySet<number>,
): readonly object[] {
  return events.filter((event, index) => answered.has(index) && !holds(condition, event));
}
