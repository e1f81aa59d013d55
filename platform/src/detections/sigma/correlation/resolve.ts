/** Correlations with their rules found, and their fields where the rules' events have them. */
import type { Processed } from '../pipeline/apply.ts';
import { LEVELS, type Level, type SigmaCorrelation } from '../rule.ts';
import { DEFAULT_LEVEL } from '../specification.ts';

/** Places of fields in the events of a rule; see `placesOf`. */
export interface FieldPlaces {
  readonly groupBy: readonly string[];
  readonly values: readonly string[];
}

/** A correlation as it is evaluated. Plain JSON. */
export interface CorrelationRule
  extends Pick<SigmaCorrelation, 'id' | 'type' | 'timespanSeconds' | 'limits' | 'percentile' | 'groupBy'> {
  /** Ids, in the order given. */
  readonly rules: readonly string[];
  readonly expression?: SigmaCorrelation['expression'];
  /** What `expression` calls the rules: name to id. */
  readonly names: Readonly<Record<string, string>>;
  /** By the id of the rule or correlation, then by the id of the rule that the event matched. */
  readonly places: Readonly<Record<string, Readonly<Record<string, FieldPlaces>>>>;
}

export interface LoadedCorrelation {
  readonly rule: CorrelationRule;
  readonly meta: SigmaCorrelation;
  /** Its own, else the highest of its rules. */
  readonly level: Level;
  readonly isEnabled: boolean;
  readonly text: string;
  readonly file: string;
}

interface Found<T> {
  readonly value: T;
  readonly file: string;
  readonly text: string;
}

interface Problem {
  readonly level: 'error';
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

/** In an order in which each comes after those that it refers to. */
export function resolveCorrelations(
  correlations: readonly Found<SigmaCorrelation>[],
  rules: readonly Found<Processed>[],
  problems: { push(problem: Problem): unknown },
): readonly LoadedCorrelation[] {
  const base = new Map(rules.flatMap(({ value }) => named(value.rule, value)));
  const known = new Map(correlations.flatMap((one) => named(one.value, one)));
  const done = new Map<SigmaCorrelation, LoadedCorrelation | undefined>();

  function resolve(one: Found<SigmaCorrelation>, above: readonly SigmaCorrelation[]): LoadedCorrelation | undefined {
    const { value, file } = one;
    if (done.has(value)) return done.get(value);
    const fail = (message: string) => {
      problems.push({ level: 'error', file, line: value.line, field: 'correlation.rules', message });
      return undefined;
    };
    if (above.includes(value)) return fail('the correlation refers to itself');
    const parts: Part[] = [];
    for (const name of value.rules) {
      const part = partOf(name, [...above, value]);
      if (part === undefined) return remember(value, fail(`there is no rule "${name}" among those that were loaded`));
      parts.push(part);
    }
    return remember(value, combine(one, parts));
  }

  function partOf(name: string, above: readonly SigmaCorrelation[]): Part | undefined {
    const rule = base.get(name);
    if (rule !== undefined) return { name, id: rule.rule.id, level: rule.rule.level, bases: [rule] };
    const inner = known.get(name);
    const loaded = inner === undefined ? undefined : resolve(inner, above);
    if (loaded === undefined) return undefined;
    const ids = basesIn(loaded.rule);
    return { name, id: loaded.rule.id, level: loaded.level, bases: [...ids].flatMap((id) => base.get(id) ?? []) };
  }

  function remember(value: SigmaCorrelation, loaded: LoadedCorrelation | undefined): LoadedCorrelation | undefined {
    done.set(value, loaded);
    return loaded;
  }

  for (const one of correlations) resolve(one, []);
  return [...done.values()].filter((one) => one !== undefined);
}

function named<T>({ id, name }: { id: string; name?: string }, value: T): readonly (readonly [string, T])[] {
  return name === undefined
    ? [[id, value]]
    : ([
        [id, value],
        [name, value],
      ] as const);
}

/** What a correlation refers to. */
interface Part {
  /** As the correlation calls it. */
  readonly name: string;
  readonly id: string;
  readonly level: Level | undefined;
  /** Whose events it brings. */
  readonly bases: readonly Processed[];
}

function basesIn({ places }: CorrelationRule): ReadonlySet<string> {
  return new Set(Object.values(places).flatMap((byBase) => Object.keys(byBase)));
}

function combine({ value: meta, file, text }: Found<SigmaCorrelation>, parts: readonly Part[]): LoadedCorrelation {
  const { id, type, timespanSeconds, limits, groupBy, percentile, expression } = meta;
  const rule: CorrelationRule = {
    id,
    type,
    timespanSeconds,
    limits,
    groupBy,
    ...(percentile === undefined ? {} : { percentile }),
    ...(expression === undefined ? {} : { expression }),
    rules: parts.map((part) => part.id),
    names: Object.fromEntries(parts.map((part) => [part.name, part.id])),
    places: Object.fromEntries(parts.map((part) => [part.id, placesOf(meta, part)])),
  };
  const level = meta.level ?? highest(parts.map((part) => part.level));
  const isEnabled = meta.status !== 'deprecated' && meta.status !== 'unsupported';
  return { rule, meta, level, isEnabled, text, file };
}

function placesOf(meta: SigmaCorrelation, part: Part): Readonly<Record<string, FieldPlaces>> {
  return Object.fromEntries(
    part.bases.map(({ rule, fieldOf }) => {
      const place = (field: string) => fieldOf(withoutAlias(meta, part, rule, field));
      return [rule.id, { groupBy: meta.groupBy.map(place), values: meta.valueFields.map(place) }];
    }),
  );
}

/** Aliases name a rule as the correlation does, or otherwise by id or name. */
function withoutAlias({ aliases }: SigmaCorrelation, part: Part, rule: { id: string; name?: string }, field: string) {
  const byRule = Object.hasOwn(aliases, field) ? aliases[field] : undefined;
  const keys = [part.name, part.id, rule.name, rule.id];
  return keys.map((key) => (key === undefined ? undefined : byRule?.[key])).find((one) => one !== undefined) ?? field;
}

function highest(levels: readonly (Level | undefined)[]): Level {
  const ranks = levels.map((level) => (level === undefined ? -1 : LEVELS.indexOf(level)));
  return LEVELS[Math.max(...ranks)] ?? DEFAULT_LEVEL;
}
