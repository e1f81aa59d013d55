/**
 * Runs all rules of a log type over an event at once. Values are read and folded once per event; the texts that rules
 * look for are found in one pass over each value; a rule is looked at only when a text that it cannot do without was
 * found. Which text that is, of those a rule could wait for, is chosen by how often each was found so far.
 */
import { compileAtom } from './atoms.ts';
import { type Automaton, createAutomaton, createEdgeFinder, type Entry } from './automaton.ts';
import { type Atom, type Expr, type IndexedAtom, isIndexed } from './expression.ts';
import { fold, textOf } from './fold.ts';
import type { Presence } from './presence.ts';
import { type Entered, enter, type MatcherRule } from './waiting.ts';

export interface Matcher {
  /** Fills `out` from 0 with the keys of the rules that match, in ascending order; returns their number. */
  match(event: object, out: number[]): number;
}

/** What reads the fields of one event after the other. */
export interface MatcherReaders {
  begin(event: object): void;
  reader(field: string): () => unknown;
  /** Finds which of the fields, by their index, may have a value. */
  presence(fields: readonly string[]): Presence;
}

export interface MatcherOptions {
  readonly rules: readonly MatcherRule[];
  readonly atoms: readonly Atom[];
  /** Of a field's name in atoms. */
  readonly readers: MatcherReaders;
}

/** Texts of one field that are looked for together. */
interface FieldIndex {
  readonly field: string;
  readonly slot: Slot;
  readonly equals: ReadonlyMap<string, readonly number[]>;
  readonly finders: readonly Automaton[];
}

/** A field's value in the event at hand. */
interface Slot {
  readonly read: () => unknown;
  readAt: number;
  value: unknown;
}

/** Events after which the choice of texts to wait for is made again. */
const REVIEWS = [500, 5_000, 50_000];

export function createMatcher({ rules, atoms, readers }: MatcherOptions): Matcher {
  let stamp = 0;
  const slots = new Map<string, Slot>();
  /** The event in which the atom was last found to hold. Events can be more than 32 bits count. */
  const heldAt = new Float64Array(atoms.length);
  const testedAt = new Float64Array(atoms.length);
  const hits = new Float64Array(atoms.length);
  const indexes = indexFields(atoms, slotOf);
  const tests = atoms.map((atom) => (isIndexed(atom) && atom.text !== '' ? undefined : compileAtom(atom)));
  const access = { value: (field: string) => read(slotOf(field)) };
  const entered: Entered[] = rules.map(({ key, expr }) => ({ key, holds: toTest(expr), seenAt: 0 }));
  const presence = readers.presence(indexes.map(({ field }) => field));
  let { waiting, always } = enter(rules, entered, atoms, estimate);
  const found: Entered[] = [];

  function slotOf(field: string): Slot {
    let slot = slots.get(field);
    if (slot === undefined) {
      slot = { read: readers.reader(field), readAt: 0, value: undefined };
      slots.set(field, slot);
    }
    return slot;
  }

  function read(slot: Slot): unknown {
    if (slot.readAt === stamp) return slot.value;
    slot.readAt = stamp;
    slot.value = slot.read();
    return slot.value;
  }

  function hit(atom: number): void {
    if (heldAt[atom] === stamp) return;
    heldAt[atom] = stamp;
    hits[atom] = (hits[atom] as number) + 1;
    const rulesOfIt = waiting[atom];
    if (rulesOfIt === undefined) return;
    for (let index = 0; index < rulesOfIt.length; index += 1) look(rulesOfIt[index] as Entered);
  }

  function look(rule: Entered): void {
    if (rule.seenAt === stamp) return;
    rule.seenAt = stamp;
    found.push(rule);
  }

  function searchValue(index: FieldIndex, value: unknown): void {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) for (const one of value) searchValue(index, one);
    else searchText(index, fold(textOf(value)));
  }

  function search(field: number): void {
    const index = indexes[field] as FieldIndex;
    const value = read(index.slot);
    if (typeof value === 'string') searchText(index, fold(value));
    else searchValue(index, value);
  }

  function searchText({ equals, finders }: FieldIndex, text: string): void {
    const equal = equals.get(text);
    if (equal !== undefined) for (const atom of equal) hit(atom);
    for (const finder of finders) finder.scan(text, hit);
  }

  function toTest(expr: Expr): () => boolean {
    switch (expr.op) {
      case 'constant':
        return () => expr.value;
      case 'atom':
        return atomTest(expr.atom);
      case 'not': {
        const of = toTest(expr.of);
        return () => !of();
      }
      case 'atLeast':
        return countTest(expr.of.map(toTest), expr.count);
      default: {
        const ordered = expr.of.toSorted((a, b) => costOf(a, atoms) - costOf(b, atoms)).map(toTest);
        return expr.op === 'and' ? every(ordered) : some(ordered);
      }
    }
  }

  function atomTest(atom: number): () => boolean {
    const test = tests[atom];
    if (test === undefined) return () => heldAt[atom] === stamp;
    return () => {
      if (testedAt[atom] !== stamp) {
        testedAt[atom] = stamp;
        if (test(access)) heldAt[atom] = stamp;
      }
      return heldAt[atom] === stamp;
    };
  }

  /** How often the atom holds: as seen, else by how special its text is. */
  function estimate(atom: number): number {
    const { is, text } = atoms[atom] as IndexedAtom;
    const guess = is === 'equals' ? 4 / (text.length + 4) : 8 / (text.length + 4) ** 2;
    return ((hits[atom] as number) + guess) / (stamp + 1);
  }

  return {
    match(event, out) {
      readers.begin(event);
      stamp += 1;
      found.length = 0;
      presence.scan(event, search);
      for (let index = 0; index < always.length; index += 1) look(always[index] as Entered);
      let count = 0;
      for (let index = 0; index < found.length; index += 1) {
        const rule = found[index] as Entered;
        if (rule.holds()) out[count++] = rule.key;
      }
      if (REVIEWS.includes(stamp)) ({ waiting, always } = enter(rules, entered, atoms, estimate));
      if (count > 1) sortStart(out, count);
      return count;
    },
  };
}

/** Few numbers, mostly none or one. */
function sortStart(out: number[], count: number): void {
  const sorted = out.slice(0, count).sort((a, b) => a - b);
  for (let index = 0; index < count; index += 1) out[index] = sorted[index] as number;
}

function every(tests: readonly (() => boolean)[]): () => boolean {
  const [first, second, third] = tests as readonly [() => boolean, () => boolean, () => boolean];
  if (tests.length === 2) return () => first() && second();
  if (tests.length === 3) return () => first() && second() && third();
  return () => {
    for (let index = 0; index < tests.length; index += 1) if (!(tests[index] as () => boolean)()) return false;
    return true;
  };
}

function some(tests: readonly (() => boolean)[]): () => boolean {
  return () => {
    for (let index = 0; index < tests.length; index += 1) if ((tests[index] as () => boolean)()) return true;
    return false;
  };
}

function countTest(tests: readonly (() => boolean)[], count: number): () => boolean {
  return () => {
    let left = count;
    for (const test of tests) if (test()) left -= 1;
    return left <= 0;
  };
}

/** What is known already comes first. */
function costOf(expr: Expr, atoms: readonly Atom[]): number {
  if (expr.op === 'constant') return 0;
  if (expr.op === 'atom') return COSTS[(atoms[expr.atom] as Atom).is];
  if (expr.op === 'not') return costOf(expr.of, atoms);
  return expr.of.reduce((sum, one) => sum + costOf(one, atoms), 0);
}

const COSTS: Readonly<Record<Atom['is'], number>> = {
  equals: 1,
  starts: 1,
  ends: 1,
  contains: 1,
  null: 2,
  exists: 2,
  present: 2,
  compare: 5,
  time: 20,
  field: 20,
  cidr: 30,
  pattern: 30,
  regex: 200,
};

function indexFields(atoms: readonly Atom[], slotOf: (field: string) => Slot): readonly FieldIndex[] {
  const byField = Map.groupBy(
    atoms.flatMap((atom, number) => (isIndexed(atom) && atom.text !== '' ? [{ ...atom, number }] : [])),
    ({ field }) => field,
  );
  return [...byField].map(([field, of]) => {
    const equals = Map.groupBy(
      of.filter(({ is }) => is === 'equals'),
      ({ text }) => text,
    );
    const entriesOf = (wanted: Atom['is']) =>
      of.flatMap(({ is, text, number }): Entry[] => (is === wanted ? [[text, number]] : []));
    const [starts, ends, contains] = [entriesOf('starts'), entriesOf('ends'), entriesOf('contains')];
    return {
      field,
      slot: slotOf(field),
      equals: new Map([...equals].map(([text, found]) => [text, found.map(({ number }) => number)])),
      finders: [
        ...(starts.length > 0 ? [createEdgeFinder(starts, 'start')] : []),
        ...(ends.length > 0 ? [createEdgeFinder(ends, 'end')] : []),
        ...(contains.length > 0 ? [createAutomaton(contains)] : []),
      ],
    };
  });
}
