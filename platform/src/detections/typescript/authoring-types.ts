/** What rules may import from `panther`, in types: the declarations of `authoring.sandbox.js`, and of a rule itself. */
import { INDICATOR_FIELDS } from '../../core/event.ts';

const INDICATORS = INDICATOR_FIELDS.map((name) => `  readonly ${name}?: readonly string[];\n`).join('');

const STANDARD = `/** A value of any shape: what the schema of a log type leaves open. */
export type Json = any;

/** The fields that Panther adds to every event. Times are \`YYYY-MM-DD HH:MM:SS.nnnnnnnnn\`, UTC. */
export interface StandardFields<Name extends string = string> {
  readonly p_log_type: Name;
  readonly p_row_id: string;
  readonly p_event_time: string;
  readonly p_parse_time: string;
  readonly p_source_id?: string;
  readonly p_source_label?: string;
${INDICATORS}  /** What lookup tables know: by table, then by selector, the row, or the rows of a list. */
  readonly p_enrichment?: { readonly [table: string]: { readonly [selector: string]: Json } | undefined };
}
`;

const RULE = `/** An event of a log type, or of one of several: \`Event<'AWS.CloudTrail'>\`. Without a name, of any. */
export type Event<Name extends keyof LogTypes = keyof LogTypes> = LogTypes[Name];

/** \`DEFAULT\`: as the specification says. */
export type Severity = 'INFO' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL' | 'DEFAULT';

/** What a rule may export besides the constants of its specification. Only \`rule\` must be there. */
export interface Rule<E = Event> {
  readonly rule: (event: E) => boolean;
  readonly title?: (event: E) => string;
  /** Groups matches into alerts. */
  readonly dedup?: (event: E) => string;
  readonly severity?: (event: E) => Severity | (string & {});
  readonly description?: (event: E) => string;
  readonly reference?: (event: E) => string;
  readonly runbook?: (event: E) => string;
  /** Ids or names of destinations; an empty list: nobody is told. */
  readonly destinations?: (event: E) => readonly string[] | null | undefined;
  readonly alert_context?: (event: E) => object;
  readonly alertContext?: (event: E) => object;
  /** The threshold counts distinct values of this in place of events. */
  readonly unique?: (event: E) => string;
}
`;

const HELPERS = `/** The value under these keys, one inside the other; undefined where one is missing. */
export function deepGet(event: object, ...keys: readonly string[]): Json;

/** The row of a lookup table; undefined where there is no such table, or no such row. */
export function lookup(table: string, key: string | number | null | undefined): { readonly [column: string]: Json } | undefined;

interface Reading {
  /** What has expired is no longer there. */
  readonly checkExpiration?: boolean;
}

/** 0 if there is none. */
export function getCounter(key: string, reading?: Reading): number;
/** Its new value. \`expires\`: seconds from now or since the epoch; null: as it is. */
export function incrementCounter(key: string, by?: number, expires?: number | null): number;
export function resetCounter(key: string): void;
/** When the key's values end: seconds from now or since the epoch; 0: never. */
export function setKeyExpiration(key: string, expires: number): void;
export function getStringSet(key: string, reading?: Reading): Set<string>;
export function putStringSet(key: string, values: string | Iterable<string>, expires?: number): void;
/** The new set. */
export function addToStringSet(key: string, values: string | Iterable<string>, expires?: number | null): Set<string>;
/** The new set. */
export function removeFromStringSet(key: string, values: string | Iterable<string>, expires?: number | null): Set<string>;
export function resetStringSet(key: string): void;
/** Empty if there is none. */
export function getDictionary(key: string, reading?: Reading): Record<string, Json>;
export function putDictionary(key: string, value: object, expires?: number): void;
/** Counts the event; true when there are as many as the threshold, and then from the start again. */
export function evaluateThreshold(key: string, threshold?: number, expirySeconds?: number): boolean;
/** Whether a non-empty string set that has not expired is under the key. */
export function checkAccountAge(key: string): boolean;
`;

const CONSOLE = `interface Console {
  /** Printed text is shown with the tests of a detection. On live events it goes nowhere. */
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  debug(...values: unknown[]): void;
}
declare var console: Console;
`;

/** The file `panther.d.ts`, around the types of events. */
export function authoringTypes(eventTypes: string): string {
  const module = [STANDARD, eventTypes, RULE, HELPERS].join('\n');
  const indented = module.replaceAll(/^(?=.)/gm, '  ');
  return `// Types of Panther's TypeScript detections. Written by \`panther types\`: run it again when log types change.

declare module 'panther' {
${indented}}

${CONSOLE}`;
}

/** As rules run: no modules but \`panther\`, no DOM, types that can be removed and leave the code. */
export const COMPILER_OPTIONS = {
  target: 'ES2024',
  lib: ['ES2024'],
  module: 'ESNext',
  moduleResolution: 'Bundler',
  moduleDetection: 'force',
  types: [],
  strict: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};
