/** Match expressions of the format as a tree: what a YAML detection and an inline filter say. */

export type MatchValue = string | number | boolean;

/** A key, an index, every element of a list, or that where there is a list and the thing itself where there is none. */
export type PathStep = string | number | typeof EVERY | typeof EACH;
export const EVERY: unique symbol = Symbol('every element');
export const EACH: unique symbol = Symbol('every element, or the thing itself');

/** Where a value is, from the event (or from an element, inside a list comprehension). Empty: the thing itself. */
export type Path = readonly PathStep[];

/** Comparisons of one value with one given. */
export const COMPARISONS = [
  'Equals',
  'StartsWith',
  'EndsWith',
  'Contains',
  'Has',
  'IsGreaterThan',
  'IsGreaterThanOrEquals',
  'IsLessThan',
  'IsLessThanOrEquals',
  'IsIPAddressInCIDR',
] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Tests of a value by itself. */
export const STATES = [
  'Exists',
  'IsNull',
  'IsNullOrEmpty',
  'IsIPAddress',
  'IsIPv4Address',
  'IsIPv6Address',
  'IsIPAddressPublic',
  'IsIPAddressPrivate',
] as const;
export type StateTest = (typeof STATES)[number];

export const QUANTIFIERS = ['AnyElement', 'AllElements', 'OnlyOneElement', 'NoElement'] as const;
export type Quantifier = (typeof QUANTIFIERS)[number];

export const COMBINATORS = ['All', 'Any', 'OnlyOne', 'None'] as const;
export type Combinator = (typeof COMBINATORS)[number];

export type Expression =
  | { readonly kind: 'always'; readonly holds: boolean }
  | { readonly kind: 'combine'; readonly how: Combinator; readonly of: readonly Expression[] }
  | { readonly kind: 'state'; readonly path: Path; readonly test: StateTest; readonly isNegated: boolean }
  | {
      readonly kind: 'compare';
      readonly path: Path;
      readonly how: Comparison;
      readonly isNegated: boolean;
      readonly ignoresCase: boolean;
      /** One of them is enough. */
      readonly values: readonly MatchValue[];
    }
  | {
      readonly kind: 'compare-keys';
      readonly left: Path;
      readonly right: Path;
      readonly how: Comparison;
      readonly isNegated: boolean;
      readonly ignoresCase: boolean;
    }
  | {
      readonly kind: 'elements';
      readonly path: Path;
      readonly how: Quantifier;
      readonly of: readonly Expression[];
    };
