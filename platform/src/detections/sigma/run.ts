/** Runs what a specification keeps of a Sigma rule, alone or with all rules of a log type together. */
import { compileAlone } from './alone.ts';
import { compileRule } from './compile.ts';
import { ANYWHERE, type Atom, createAtomTable, type Expr } from './expression.ts';
import { createReader, createSharedReaders, type Reader, readAllTexts } from './fields.ts';
import { textOf } from './fold.ts';
import { createMatcher, type Matcher, type MatcherReaders } from './matcher.ts';
import { placesOf } from './pipeline/fields.ts';
import { createPresence, type Presence } from './presence.ts';
import type { SigmaPart } from './specification.ts';

/** What a field's name in an atom reads. */
export function readerOf(field: string): Reader {
  return field === ANYWHERE ? readAllTexts : createReader(placesOf(field));
}

function readersOf(): MatcherReaders {
  const shared = createSharedReaders();
  let event: object = {};
  return {
    begin(given) {
      event = given;
      shared.begin(given);
    },
    reader: (field) => (field === ANYWHERE ? () => readAllTexts(event) : shared.reader(placesOf(field))),
    presence: presenceOf,
  };
}

/** Every event has the pseudo-field of all texts. */
function presenceOf(fields: readonly string[]): Presence {
  const presence = createPresence(fields.map((field) => (field === ANYWHERE ? [] : placesOf(field))));
  const anywhere = fields.indexOf(ANYWHERE);
  if (anywhere < 0) return presence;
  return {
    scan(event, found) {
      presence.scan(event, found);
      found(anywhere);
    },
  };
}

export interface CompiledSigma {
  readonly expr: Expr;
  readonly atoms: readonly Atom[];
}

type Runnable = Pick<SigmaPart, 'searches' | 'condition'>;

/** @throws SigmaError for what cannot be run. */
export function checkRule(rule: Runnable): void {
  compileSigma(rule);
}

/** @throws SigmaError for what cannot be run. */
export function compileSigma(part: Runnable): CompiledSigma {
  const table = createAtomTable();
  const expr = compileRule(part, table);
  return { expr, atoms: table.atoms };
}

/** Whether a single rule matches; compiled on first use. */
export function singleMatcher(part: Runnable): (event: object) => boolean {
  let matches: ((event: object) => boolean) | undefined;
  return (event) => {
    matches ??= compileAlone({ ...compileSigma(part), reader: readerOf });
    return matches(event);
  };
}

export interface KeyedPart {
  readonly key: number;
  readonly part: SigmaPart;
}

/** All rules of a log type at once. @throws SigmaError for what cannot be run. */
export function matcherOf(parts: readonly KeyedPart[]): Matcher {
  const table = createAtomTable();
  const rules = parts.map(({ key, part }) => ({ key, expr: compileRule(part, table) }));
  return createMatcher({ rules, atoms: table.atoms, readers: readersOf() });
}

/** The fields that the rule wants to be shown, as JSON of an object; undefined when there are none. */
export function contextOf({ fields }: SigmaPart): ((event: object) => string) | undefined {
  const readers = Object.entries(fields).map(([name, field]) => [name, readerOf(field)] as const);
  if (readers.length === 0) return undefined;
  return (event) => {
    const shown = readers.flatMap(([name, read]) => {
      const value = read(event);
      return value === undefined ? [] : [[name, value] as const];
    });
    const json = textOf(Object.fromEntries(shown));
    return json.length <= MAX_CONTEXT ? json : '{}';
  };
}

const MAX_CONTEXT = 200 * 1024;
