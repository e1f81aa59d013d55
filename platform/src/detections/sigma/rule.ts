/**
 * Sigma documents as values: rules, correlations and filters. Everything here is plain JSON, because what pipelines and
 * filters made of a rule is kept with it, so that it can be run where they are not.
 */

/** Part of a text pattern: literal text, a wildcard, any of the characters that Windows takes for a dash, a placeholder. */
export type Part = string | { readonly wild: '*' | '?' | '-' } | { readonly placeholder: string };

export type CompareOp = 'lt' | 'lte' | 'gt' | 'gte' | 'eq';
export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];
export type FieldMatch = 'equals' | 'startswith' | 'endswith' | 'contains';

export type Value =
  | { readonly is: 'text'; readonly parts: readonly Part[]; readonly cased?: true }
  | { readonly is: 'null' }
  | { readonly is: 'regex'; readonly pattern: string; readonly flags: string }
  | { readonly is: 'cidr'; readonly network: string }
  | { readonly is: 'compare'; readonly op: CompareOp; readonly value: number }
  | { readonly is: 'time'; readonly part: TimePart; readonly op: CompareOp; readonly value: number }
  | { readonly is: 'exists'; readonly value: boolean }
  | { readonly is: 'field'; readonly field: string; readonly match: FieldMatch; readonly cased?: true }
  /** What one written value became: any of these. */
  | { readonly is: 'any'; readonly of: readonly Value[] };

/** A field and what it is compared with. */
export interface Item {
  readonly op: 'item';
  /** Undefined for keywords, which may be anywhere in the event. */
  readonly field?: string;
  readonly values: readonly Value[];
  readonly link: 'any' | 'all';
  readonly negated?: true;
  readonly line: number;
  /** Ids of the transformations that changed it. */
  readonly applied?: readonly string[];
}

export type Search = Item | { readonly op: 'and' | 'or'; readonly of: readonly Search[] };

export type ConditionTree =
  | { readonly op: 'and' | 'or'; readonly of: readonly ConditionTree[] }
  | { readonly op: 'not'; readonly of: ConditionTree }
  | { readonly op: 'search'; readonly name: string }
  /** At least so many of the searches whose names fit; `pattern` has `*` for any text, `them` are all. */
  | { readonly op: 'of'; readonly count: number | 'all'; readonly pattern: string };

export interface LogSource {
  readonly category?: string;
  readonly product?: string;
  readonly service?: string;
}

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];
export const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;
export type Status = (typeof STATUSES)[number];

/** What rules and correlations say about themselves. */
export interface Meta {
  readonly title: string;
  /** The document's `id`; without one, a text that names it. */
  readonly id: string;
  readonly name?: string;
  readonly status?: Status;
  readonly level?: Level;
  readonly description: string;
  readonly author: string;
  readonly references: readonly string[];
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  readonly fields: readonly string[];
  /** Keys that Sigma does not define. */
  readonly custom: Readonly<Record<string, unknown>>;
  readonly line: number;
}

export interface SigmaRule extends Meta {
  readonly kind: 'rule';
  readonly logSource: LogSource;
  readonly searches: Readonly<Record<string, Search>>;
  readonly condition: ConditionTree;
}

export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'value_sum',
  'value_avg',
  'value_min',
  'value_max',
  'value_percentile',
  'value_median',
  'temporal',
  'temporal_ordered',
] as const;
export type CorrelationType = (typeof CORRELATION_TYPES)[number];

export const COUNT_OPS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
export type CountOp = (typeof COUNT_OPS)[number];

export interface SigmaCorrelation extends Meta {
  readonly kind: 'correlation';
  readonly type: CorrelationType;
  /** Ids or names. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  readonly timespanSeconds: number;
  /** All must hold for the count, or whatever the type computes. */
  readonly limits: readonly { readonly op: CountOp; readonly value: number }[];
  /** Of the type `temporal`: over the names of its rules. */
  readonly expression?: ConditionTree;
  /** Whose values are looked at. */
  readonly valueFields: readonly string[];
  readonly percentile?: number;
  /** Alias to rule to field. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Whether its rules stand for themselves as well. */
  readonly generate: boolean;
}

export interface SigmaFilter {
  readonly kind: 'filter';
  readonly title: string;
  readonly id: string;
  readonly logSource: LogSource;
  /** Ids or names; undefined: every rule of the log source. */
  readonly rules?: readonly string[];
  readonly searches: Readonly<Record<string, Search>>;
  /** Must hold as well for a rule to match. */
  readonly condition: ConditionTree;
  readonly line: number;
}

export type SigmaDocument = SigmaRule | SigmaCorrelation | SigmaFilter;

/** Something in a document that is wrong, or that Panther cannot do. */
export class SigmaError extends Error {
  readonly line: number;
  readonly field: string;

  constructor(message: string, line: number, field = '') {
    super(message);
    this.line = line;
    this.field = field;
  }
}

export function isItem(search: Search): search is Item {
  return search.op === 'item';
}

/** Changes the items; one that becomes `undefined` is left out. */
export function mapItems(search: Search, change: (item: Item) => Search | undefined): Search | undefined {
  if (isItem(search)) return change(search);
  const of = search.of.flatMap((one) => mapItems(one, change) ?? []);
  return of.length === 0 ? undefined : { op: search.op, of };
}

export function itemsOf(search: Search): readonly Item[] {
  return isItem(search) ? [search] : search.of.flatMap(itemsOf);
}
