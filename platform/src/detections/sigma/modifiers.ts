/**
 * Value modifiers: `field|windash|contains|all`. They are applied in their order to each value; one value can become
 * several, any of which is meant.
 *
 * Longer than most files: the modifiers are a table that is read as a whole.
 */
import { base64Offsets, toBase64, toUtf8, toUtf16 } from './encodings.ts';
import { parseNetwork } from './network.ts';
import { ANY, DASHES, isAny, parsePattern, plainText, tidy } from './pattern.ts';
import { checkRegex } from './regex.ts';
import {
  type CompareOp,
  type FieldMatch,
  type Item,
  type Part,
  TIME_PARTS,
  type TimePart,
  type Value,
} from './rule.ts';

/** A value on its way. `raw` is as it was written, until a modifier changes it; `bytes` are encoded already. */
type Draft =
  | { readonly is: 'text'; readonly parts: readonly Part[]; readonly raw?: string }
  | { readonly is: 'bytes'; readonly bytes: string }
  | { readonly is: 'number'; readonly value: number; readonly text: string }
  | { readonly is: 'boolean'; readonly value: boolean }
  | { readonly is: 'done'; readonly value: Value }
  | { readonly is: 'any'; readonly of: readonly Draft[] };

type Modifier = (draft: Draft) => Draft;

/** More texts than this out of one value would cost more than they are worth. */
const MAX_DASH_TEXTS = 30;

/** What is not a modifier of the values but of the whole. */
const ITEM_MODIFIERS = new Set(['all', 'cased', 'neq']);

/** @throws Error that says what is wrong. */
export function applyModifiers(
  field: string | undefined,
  modifiers: readonly string[],
  values: readonly unknown[],
  line: number,
): Item {
  const isCased = modifiers.includes('cased');
  const drafts = values.map((value) => modify(toDraft(value), modifiers));
  const done = drafts.map((draft) => finish(field === undefined ? spread(draft) : draft, isCased));
  return {
    op: 'item',
    ...(field === undefined ? {} : { field }),
    values: done,
    link: modifiers.includes('all') ? 'all' : 'any',
    ...(modifiers.includes('neq') ? { negated: true as const } : {}),
    line,
  };
}

function modify(draft: Draft, modifiers: readonly string[]): Draft {
  let current = draft;
  for (const name of modifiers) {
    if (ITEM_MODIFIERS.has(name)) continue;
    const modifier = Object.hasOwn(MODIFIERS, name) ? MODIFIERS[name] : undefined;
    if (modifier === undefined) throw new Error(`unknown modifier "${name}"${name === '' ? '' : hint(name)}`);
    current = each(current, modifier, name);
  }
  return current;
}

function hint(name: string): string {
  const known = [...Object.keys(MODIFIERS), ...ITEM_MODIFIERS];
  const near = known.find((one) => one.startsWith(name.toLowerCase().slice(0, 4)));
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

function each(draft: Draft, modifier: Modifier, name: string): Draft {
  if (draft.is === 'any') return { is: 'any', of: draft.of.map((one) => each(one, modifier, name)) };
  if (draft.is === 'done' && draft.value.is === 'null')
    throw new Error(`the modifier "${name}" has no meaning for null`);
  return modifier(draft);
}

function toDraft(value: unknown): Draft {
  if (value === null || value === undefined) return { is: 'done', value: { is: 'null' } };
  if (typeof value === 'boolean') return { is: 'boolean', value };
  if (typeof value === 'number' || typeof value === 'bigint') {
    return { is: 'number', value: Number(value), text: String(value) };
  }
  if (typeof value === 'string') return { is: 'text', parts: parsePattern(value), raw: value };
  throw new Error('a value is a text, a number, a boolean or null');
}

/** Keywords may stand anywhere in the text. */
function spread(draft: Draft): Draft {
  if (draft.is === 'any') return { is: 'any', of: draft.of.map(spread) };
  if (draft.is === 'done') return draft;
  return { is: 'text', parts: tidy([ANY, ...toParts(draft), ANY]) };
}

function finish(draft: Draft, isCased: boolean): Value {
  if (draft.is === 'any') return { is: 'any', of: draft.of.map((one) => finish(one, isCased)) };
  if (draft.is !== 'done') return { is: 'text', parts: toParts(draft), ...(isCased ? { cased: true as const } : {}) };
  const { value } = draft;
  return value.is === 'field' && isCased ? { ...value, cased: true } : value;
}

/** Numbers and booleans are compared by their texts, since logs have them as either. */
function toParts(draft: Exclude<Draft, { is: 'any' | 'done' }>): readonly Part[] {
  if (draft.is === 'text') return draft.parts;
  if (draft.is === 'bytes') return draft.bytes === '' ? [] : [draft.bytes];
  return [draft.is === 'number' ? draft.text : String(draft.value)];
}

function place(match: FieldMatch, name: string): Modifier {
  const before = match === 'contains' || match === 'endswith';
  const after = match === 'contains' || match === 'startswith';
  return (draft) => {
    if (draft.is === 'done') return placeDone(draft.value, match, name);
    if (draft.is === 'any') return draft;
    return { is: 'text', parts: tidy([...(before ? [ANY] : []), ...toParts(draft), ...(after ? [ANY] : [])]) };
  };
}

function placeDone(value: Value, match: FieldMatch, name: string): Draft {
  if (value.is === 'field') return { is: 'done', value: { ...value, match } };
  if (value.is !== 'regex') throw new Error(`the modifier "${name}" needs a text`);
  // A regular expression is looked for anywhere as it is.
  const { pattern } = value;
  const placed = { contains: pattern, startswith: `^(?:${pattern})`, endswith: `(?:${pattern})$`, equals: pattern };
  return { is: 'done', value: { ...value, pattern: placed[match] } };
}

/** @param encode Texts to bytes, bytes to bytes. */
function encoder(name: string, encode: (text: string) => string): Modifier {
  return (draft) => ({ is: 'bytes', bytes: encode(textOf(draft, name)) });
}

function textOf(draft: Draft, name: string): string {
  const text = draft.is === 'text' ? plainText(draft.parts) : plainOf(draft);
  if (text === undefined) throw new Error(`the modifier "${name}" needs a text without wildcards`);
  return text;
}

function plainOf(draft: Draft): string | undefined {
  if (draft.is === 'number') return draft.text;
  return draft.is === 'bytes' ? draft.bytes : undefined;
}

function bytesOf(draft: Draft, name: string): string {
  return draft.is === 'bytes' ? draft.bytes : toUtf8(textOf(draft, name));
}

function base64Offset(draft: Draft): Draft {
  const texts = base64Offsets(bytesOf(draft, 'base64offset')).filter((text) => text !== '');
  return { is: 'any', of: texts.map((text) => ({ is: 'text', parts: [text] })) };
}

/** A dash that begins an option: not after a letter or digit, and before one. */
const OPTION_DASH = /(?<![\w])[-/–—―](?=\w)/g;

function windash(draft: Draft): Draft {
  if (draft.is !== 'text') throw new Error('the modifier "windash" needs a text');
  const parts = tidy(draft.parts.flatMap(cutDashes));
  const count = parts.filter(isDashPart).length;
  if (count === 0) return draft;
  if (DASHES.length ** count > MAX_DASH_TEXTS) return { is: 'text', parts };
  const texts = parts.reduce<readonly (readonly Part[])[]>(
    (heads, part) => heads.flatMap((head) => (isDashPart(part) ? DASHES : [part]).map((one) => [...head, one])),
    [[]],
  );
  return { is: 'any', of: texts.map((one) => ({ is: 'text', parts: tidy(one) })) };
}

function isDashPart(part: Part): boolean {
  return typeof part === 'object' && 'wild' in part && part.wild === '-';
}

function cutDashes(part: Part): readonly Part[] {
  if (typeof part !== 'string') return [part];
  const cut: Part[] = [];
  let from = 0;
  for (const { index } of part.matchAll(OPTION_DASH)) {
    cut.push(part.slice(from, index), { wild: '-' });
    from = index + 1;
  }
  return [...cut, part.slice(from)];
}

function regex(draft: Draft): Draft {
  const pattern = draft.is === 'text' ? draft.raw : plainOf(draft);
  if (pattern === undefined) throw new Error('the modifier "re" must be the first one, and its value a text');
  checkRegex(pattern, '');
  return { is: 'done', value: { is: 'regex', pattern, flags: '' } };
}

function regexFlag(flag: string): Modifier {
  return (draft) => {
    if (draft.is !== 'done' || draft.value.is !== 'regex')
      throw new Error(`the modifier "${flag}" needs "re" before it`);
    const flags = draft.value.flags + flag;
    checkRegex(draft.value.pattern, flags);
    return { is: 'done', value: { ...draft.value, flags } };
  };
}

function numberOf(draft: Draft, name: string): number {
  const value = draft.is === 'number' ? draft.value : draft.is === 'text' ? Number(plainText(draft.parts) || 'x') : NaN;
  if (!Number.isFinite(value)) throw new Error(`the modifier "${name}" needs a number`);
  return value;
}

function compare(op: CompareOp): Modifier {
  return (draft) => {
    if (draft.is === 'done' && draft.value.is === 'time') return { is: 'done', value: { ...draft.value, op } };
    return { is: 'done', value: { is: 'compare', op, value: numberOf(draft, op) } };
  };
}

function timePart(part: TimePart): Modifier {
  return (draft) => {
    const compared = draft.is === 'done' && draft.value.is === 'compare' ? draft.value : undefined;
    const { op, value } = compared ?? { op: 'eq' as const, value: numberOf(draft, part) };
    return { is: 'done', value: { is: 'time', part, op, value } };
  };
}

function cidr(draft: Draft): Draft {
  const network = draft.is === 'text' ? plainText(draft.parts) : undefined;
  if (network === undefined || parseNetwork(network) === undefined)
    throw new Error('the modifier "cidr" needs a network such as 10.0.0.0/8 or fe80::/10');
  return { is: 'done', value: { is: 'cidr', network } };
}

function exists(draft: Draft): Draft {
  const value = draft.is === 'boolean' ? draft.value : undefined;
  if (value === undefined) throw new Error('the modifier "exists" needs true or false');
  return { is: 'done', value: { is: 'exists', value } };
}

function fieldReference(draft: Draft): Draft {
  // A place given before is kept: `field|startswith|fieldref` means the same in either order.
  if (draft.is !== 'text') throw new Error('the modifier "fieldref" needs the name of a field');
  const { parts } = draft;
  const starts = isAny(parts[0]);
  const ends = isAny(parts.at(-1));
  const field = plainText(parts.slice(starts ? 1 : 0, ends ? -1 : undefined));
  if (field === undefined || field === '') throw new Error('the modifier "fieldref" needs the name of a field');
  const match: FieldMatch = starts ? (ends ? 'contains' : 'endswith') : ends ? 'startswith' : 'equals';
  return { is: 'done', value: { is: 'field', field, match } };
}

const PLACEHOLDER = /\\%|%([\w.-]+)%/g;

function expand(draft: Draft): Draft {
  if (draft.is !== 'text') return draft;
  return {
    is: 'text',
    parts: tidy(draft.parts.flatMap((part) => (typeof part === 'string' ? cutPlaceholders(part) : [part]))),
  };
}

function cutPlaceholders(text: string): readonly Part[] {
  const cut: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    cut.push(text.slice(from, match.index));
    cut.push(match[1] === undefined ? '%' : { placeholder: match[1] });
    from = match.index + match[0].length;
  }
  return [...cut, text.slice(from)];
}

const wide = encoder('wide', (text) => toUtf16(text, 'le'));

const MODIFIERS: Readonly<Record<string, Modifier>> = {
  contains: place('contains', 'contains'),
  startswith: place('startswith', 'startswith'),
  endswith: place('endswith', 'endswith'),
  exists,
  windash,
  re: regex,
  i: regexFlag('i'),
  m: regexFlag('m'),
  s: regexFlag('s'),
  base64: (draft) => ({ is: 'text', parts: [toBase64(bytesOf(draft, 'base64'))] }),
  base64offset: base64Offset,
  wide,
  utf16le: wide,
  utf16be: encoder('utf16be', (text) => toUtf16(text, 'be')),
  utf16: encoder('utf16', (text) => `\u00ff\u00fe${toUtf16(text, 'le')}`),
  cidr,
  lt: compare('lt'),
  lte: compare('lte'),
  gt: compare('gt'),
  gte: compare('gte'),
  fieldref: fieldReference,
  expand,
  ...Object.fromEntries(TIME_PARTS.map((part) => [part, timePart(part)])),
};
