/** Text that a regular expression matches: the expressions of schemas, which have no lookarounds or back references. */
import type { Random } from '../random.ts';

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'set'; readonly chars: string }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'group'; readonly name: string; readonly node: Node; readonly source: string }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

/** The text for a named group, if it has one; whether the group takes it is checked here. */
export type GroupText = (name: string) => string | undefined;

const PRINTABLE = characters(' ', '~');
const WORD = `${characters('a', 'z')}${characters('A', 'Z')}${characters('0', '9')}_`;
const CLASSES: Readonly<Record<string, string>> = {
  d: characters('0', '9'),
  w: WORD,
  s: ' ',
  D: without(PRINTABLE, characters('0', '9')),
  W: without(PRINTABLE, WORD),
  S: without(PRINTABLE, ' '),
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
/** More repetitions than these beyond the least make nothing more believable. */
const MORE = 8;

/** Reads the expression once; gives a text at every call. Throws an `Error` for what it does not know. */
export function compileRegexText(source: string): (random: Random, groupText?: GroupText) => string {
  const reader = new Reader(source);
  const root = reader.choice();
  reader.expectEnd();
  const checks = new Map<string, RegExp>();

  function fits(group: Node & { kind: 'group' }, text: string): boolean {
    const known = checks.get(group.name) ?? new RegExp(`^(?:${group.source})$`, 's');
    checks.set(group.name, known);
    return known.test(text);
  }

  function write(node: Node, random: Random, groupText: GroupText): string {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'set':
        return node.chars[random.int(0, node.chars.length - 1)] ?? '';
      case 'sequence':
        return node.nodes.map((each) => write(each, random, groupText)).join('');
      case 'choice': {
        const chosen = node.nodes[random.int(0, node.nodes.length - 1)];
        return chosen === undefined ? '' : write(chosen, random, groupText);
      }
      case 'group': {
        const wanted = groupText(node.name);
        return wanted !== undefined && fits(node, wanted) ? wanted : write(node.node, random, groupText);
      }
      case 'repeat': {
        const count = random.int(node.min, Math.min(node.max, Math.max(node.min, 1) + MORE));
        return Array.from({ length: count }, () => write(node.node, random, groupText)).join('');
      }
    }
  }
  return (random, groupText = () => undefined) => write(root, random, groupText);
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#take('|')) nodes.push(this.#sequence());
    return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: 'choice', nodes };
  }

  expectEnd(): void {
    if (this.#at < this.#source.length) this.#fail();
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#peek())) nodes.push(this.#repeated());
    return { kind: 'sequence', nodes };
  }

  #repeated(): Node {
    let node = this.#atom();
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === undefined) return node;
      this.#take('?');
      node = { kind: 'repeat', node, ...bounds };
    }
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    const [all, min, comma, max] = /^\{(\d+)(,)?(\d*)\}/.exec(this.#source.slice(this.#at)) ?? [];
    if (all === undefined || min === undefined) return undefined;
    this.#at += all.length;
    const most = comma === undefined ? Number(min) : max ? Number(max) : Number.POSITIVE_INFINITY;
    return { min: Number(min), max: most };
  }

  #atom(): Node {
    const char = this.#next();
    if (char === '(') return this.#group();
    if (char === '[') return { kind: 'set', chars: this.#set() };
    if (char === '.') return { kind: 'set', chars: WORD };
    if (char === '^' || char === '$') return { kind: 'text', text: '' };
    if (char !== '\\') return { kind: 'text', text: char };
    const escaped = this.#next();
    if (escaped === 'b' || escaped === 'B') return { kind: 'text', text: '' };
    const chars = CLASSES[escaped];
    return chars === undefined ? { kind: 'text', text: CONTROLS[escaped] ?? escaped } : { kind: 'set', chars };
  }

  #group(): Node {
    const [opening] = /^\?(?::|<\w+>)/.exec(this.#source.slice(this.#at)) ?? [''];
    if (opening === '' && this.#peek() === '?') this.#fail();
    this.#at += opening.length;
    const start = this.#at;
    const node = this.choice();
    const source = this.#source.slice(start, this.#at);
    if (!this.#take(')')) this.#fail();
    return opening.startsWith('?<') ? { kind: 'group', name: opening.slice(2, -1), node, source } : node;
  }

  #set(): string {
    const isNegated = this.#take('^');
    let chars = '';
    while (this.#peek() !== ']') {
      const from = this.#setMember();
      if (from.length === 1 && this.#peek() === '-' && this.#source[this.#at + 1] !== ']') {
        this.#at += 1;
        chars += characters(from, this.#setMember());
      } else {
        chars += from;
      }
    }
    this.#at += 1;
    if (isNegated) return without(PRINTABLE, chars);
    return chars;
  }

  #setMember(): string {
    const char = this.#next();
    if (char !== '\\') return char;
    const escaped = this.#next();
    return CLASSES[escaped] ?? CONTROLS[escaped] ?? escaped;
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #next(): string {
    if (this.#at >= this.#source.length) this.#fail();
    this.#at += 1;
    return this.#source.charAt(this.#at - 1);
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  #fail(): never {
    throw new Error(`cannot make text for the pattern ${this.#source} from character ${this.#at + 1} on`);
  }
}

function characters(from: string, to: string): string {
  const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)];
  return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

/** Of spaces and what needs escapes nothing is kept: they are allowed, and make nothing more believable. */
function without(chars: string, left: string): string {
  const rest = [...chars].filter((char) => !left.includes(char));
  const plain = rest.filter((char) => /[A-Za-z0-9_.-]/.test(char));
  return (plain.length > 0 ? plain : rest).join('');
}
