/** Single tests of an event's values. */
import type { Atom } from './expression.ts';
import { fold, textOf } from './fold.ts';
import { type Address, isIn, type Network, parseAddress, parseNetwork } from './network.ts';
import { compilePattern } from './pattern.ts';
import { compileRegex } from './regex.ts';
import type { CompareOp, FieldMatch } from './rule.ts';
import { timePartOf } from './time-parts.ts';

/** What a test reads; values are those of the atom's field, lists are told apart by the test. */
export interface Access {
  value(field: string): unknown;
}

/** @throws Error for a regular expression that does not compile. */
export function compileAtom(atom: Atom): (access: Access) => boolean {
  switch (atom.is) {
    case 'null':
      return ({ value }) => isNull(value(atom.field));
    case 'exists':
      return ({ value }) => value(atom.field) !== undefined;
    case 'present':
      return ({ value }) => some(value(atom.field), () => true);
    case 'field':
      return fieldTest(atom);
    default: {
      const test = valueTest(atom);
      return ({ value }) => some(value(atom.field), test);
    }
  }
}

function isNull(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Whether one of a list's values fits; null does not. */
function some(value: unknown, test: (value: unknown) => boolean): boolean {
  if (value === undefined || value === null) return false;
  return Array.isArray(value) ? value.some((one) => some(one, test)) : test(value);
}

type ValueAtom = Exclude<Atom, { is: 'null' | 'exists' | 'present' | 'field' }>;

function valueTest(atom: ValueAtom): (value: unknown) => boolean {
  switch (atom.is) {
    case 'pattern': {
      const fits = compilePattern(atom.parts);
      return atom.cased ? (value) => fits(textOf(value)) : (value) => fits(fold(textOf(value)));
    }
    case 'regex': {
      const regex = compileRegex(atom.pattern, atom.flags);
      return (value) => regex.test(textOf(value));
    }
    case 'cidr': {
      const network = parseNetwork(atom.network) as Network;
      return (value) => {
        const address: Address | undefined = typeof value === 'string' ? parseAddress(value.trim()) : undefined;
        return address !== undefined && isIn(network, address);
      };
    }
    case 'compare':
      return (value) => compareNumbers(numberOf(value), atom.op, atom.value);
    case 'time':
      return (value) => compareNumbers(timePartOf(value, atom.part), atom.op, atom.value);
    default:
      return textTest(atom.is, atom.text);
  }
}

function textTest(is: 'equals' | 'starts' | 'ends' | 'contains', text: string): (value: unknown) => boolean {
  if (is === 'equals') return (value) => fold(textOf(value)) === text;
  if (is === 'starts') return (value) => fold(textOf(value)).startsWith(text);
  if (is === 'ends') return (value) => fold(textOf(value)).endsWith(text);
  return (value) => fold(textOf(value)).includes(text);
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || !/^\s*[-+]?(?:\d|\.\d|0x)/i.test(value)) return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function compareNumbers(value: number | undefined, op: CompareOp, limit: number): boolean {
  if (value === undefined) return false;
  if (op === 'eq') return value === limit;
  if (op === 'lt') return value < limit;
  if (op === 'lte') return value <= limit;
  return op === 'gt' ? value > limit : value >= limit;
}

function fieldTest({ field, other, match, cased }: Atom & { is: 'field' }): (access: Access) => boolean {
  const text = cased ? textOf : (value: unknown) => fold(textOf(value));
  return ({ value }) => {
    const right = value(other);
    return some(value(field), (one) => some(right, (two) => isPlaced(text(one), match, text(two))));
  };
}

function isPlaced(text: string, match: FieldMatch, part: string): boolean {
  if (match === 'equals') return text === part;
  if (match === 'startswith') return text.startsWith(part);
  return match === 'endswith' ? text.endsWith(part) : text.includes(part);
}
