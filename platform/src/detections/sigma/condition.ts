/** Conditions over the names of searches: `selection and not 1 of filter_*`. */
import type { ConditionTree } from './rule.ts';

/** Deepest nesting of parentheses and `not`. */
const MAX_DEPTH = 200;

/** @throws Error that says what is wrong with the text. */
export function parseCondition(text: string): ConditionTree {
  const tokens = text.match(/[()|]|[^\s()|]+/g) ?? [];
  let at = 0;
  let depth = 0;

  function peek(): string {
    return (tokens[at] ?? '').toLowerCase();
  }

  function chain(op: 'and' | 'or', operand: () => ConditionTree): ConditionTree {
    const of = [operand()];
    while (peek() === op) {
      at += 1;
      of.push(operand());
    }
    return of.length === 1 ? (of[0] as ConditionTree) : { op, of };
  }

  function operand(): ConditionTree {
    depth += 1;
    if (depth > MAX_DEPTH) throw new Error('the condition is nested too deeply');
    const tree = peek() === 'not' ? negation() : primary();
    depth -= 1;
    return tree;
  }

  function negation(): ConditionTree {
    at += 1;
    return { op: 'not', of: operand() };
  }

  function primary(): ConditionTree {
    const token = tokens[at];
    if (token === undefined) throw new Error('the condition ends too early');
    at += 1;
    if (token === '(') {
      const tree = expression();
      if (tokens[at] !== ')') throw new Error('a closing parenthesis is missing');
      at += 1;
      return tree;
    }
    if (peek() === 'of') return quantifier(token);
    if (RESERVED.has(token.toLowerCase())) throw new Error(`"${token}" is where the name of a search should be`);
    return { op: 'search', name: token };
  }

  function quantifier(text: string): ConditionTree {
    const count = countOf(text.toLowerCase());
    const pattern = tokens[at + 1];
    if (pattern === undefined || RESERVED.has(pattern.toLowerCase()))
      throw new Error(`"${text} of" needs a name, a pattern of names or "them"`);
    at += 2;
    return { op: 'of', count, pattern };
  }

  function expression(): ConditionTree {
    return chain('or', () => chain('and', operand));
  }

  const tree = expression();
  if (tokens[at] === '|') {
    throw new Error(
      'aggregations after "|" are not part of Sigma any more: write a correlation rule (event_count, value_count, temporal)',
    );
  }
  if (at < tokens.length) throw new Error(`"${tokens[at]}" is not expected there`);
  return tree;
}

const RESERVED = new Set(['(', ')', '|', 'and', 'or', 'not', 'of']);

function countOf(text: string): number | 'all' {
  if (text === 'all') return 'all';
  if (text === 'any') return 1;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`"${text} of" is not a number of, "any of" or "all of"`);
  return count;
}

/**
 * The names that `pattern` means, in the order given. Names of searches that were added to a rule begin with a
 * parenthesis: the rule's own patterns do not mean them.
 */
export function namesFitting(pattern: string, given: readonly string[]): readonly string[] {
  const names = given.filter((name) => name.startsWith('(') === pattern.startsWith('('));
  if (pattern.toLowerCase() === 'them') return names.filter((name) => !name.startsWith('_'));
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, '\\$&'));
  const fits = new RegExp(`^${parts.join('.*')}$`);
  return names.filter((name) => fits.test(name));
}

/** What the condition names that does not exist; undefined when all is well. */
export function missingName(tree: ConditionTree, names: readonly string[]): string | undefined {
  if (tree.op === 'search') return names.includes(tree.name) ? undefined : tree.name;
  if (tree.op === 'of') return namesFitting(tree.pattern, names).length > 0 ? undefined : tree.pattern;
  const parts = tree.op === 'not' ? [tree.of] : tree.of;
  for (const part of parts) {
    const missing = missingName(part, names);
    if (missing !== undefined) return missing;
  }
  return undefined;
}
