/** From a rule to an expression over atoms. */
import { namesFitting } from './condition.ts';
import { ANYWHERE, type AtomTable, and, atLeast, type Expr, not, or } from './expression.ts';
import { fold } from './fold.ts';
import { isAny, tidy } from './pattern.ts';
import { placesOf } from './pipeline/fields.ts';
import { requiredTexts } from './regex-literal.ts';
import {
  type ConditionTree,
  type Item,
  isItem,
  type Part,
  type Search,
  SigmaError,
  type SigmaRule,
  type Value,
} from './rule.ts';

/** @throws SigmaError for what cannot be run: a placeholder without a value. */
export function compileRule(rule: Pick<SigmaRule, 'searches' | 'condition'>, table: AtomTable): Expr {
  const names = Object.keys(rule.searches);
  const done = new Map<string, Expr>();

  function search(name: string): Expr {
    const known = done.get(name);
    if (known !== undefined) return known;
    const expr = compileSearch(rule.searches[name] as Search, table);
    done.set(name, expr);
    return expr;
  }

  function condition(tree: ConditionTree): Expr {
    switch (tree.op) {
      case 'search':
        return search(tree.name);
      case 'not':
        return not(condition(tree.of));
      case 'of': {
        const parts = namesFitting(tree.pattern, names).map(search);
        return atLeast(tree.count === 'all' ? parts.length : tree.count, parts);
      }
      default:
        return tree.op === 'and' ? and(tree.of.map(condition)) : or(tree.of.map(condition));
    }
  }

  return condition(rule.condition);
}

export function compileSearch(search: Search, table: AtomTable): Expr {
  if (!isItem(search)) {
    const parts = search.of.map((one) => compileSearch(one, table));
    return search.op === 'and' ? and(parts) : or(parts);
  }
  const expr = compileItem(search, table);
  return search.negated ? not(expr) : expr;
}

function compileItem(item: Item, table: AtomTable): Expr {
  const field = item.field ?? ANYWHERE;
  const values = item.values.map((value) => {
    try {
      return compileValue(value, field, table);
    } catch (error) {
      throw new SigmaError((error as Error).message, item.line, placesOf(item.field ?? '')[0] ?? '');
    }
  });
  return item.link === 'all' ? and(values) : or(values);
}

function compileValue(value: Value, field: string, table: AtomTable): Expr {
  switch (value.is) {
    case 'any':
      return or(value.of.map((one) => compileValue(one, field, table)));
    case 'text':
      return compileText(value.parts, value.cased === true, field, table);
    case 'null':
      return table.add({ is: 'null', field });
    case 'exists': {
      const exists = table.add({ is: 'exists', field });
      return value.value ? exists : not(exists);
    }
    case 'regex':
      return withGates(requiredTexts(value.pattern, value.flags), field, table, table.add({ ...value, field }));
    case 'field': {
      const { field: other, match, cased = false } = value;
      return table.add({ is: 'field', field, other, match, cased });
    }
    default:
      return table.add({ ...value, field });
  }
}

function compileText(given: readonly Part[], cased: boolean, field: string, table: AtomTable): Expr {
  const placeholder = given.find((part) => typeof part === 'object' && 'placeholder' in part);
  if (placeholder !== undefined) {
    const name = (placeholder as { placeholder: string }).placeholder;
    throw new Error(`the placeholder %${name}% has no values: give it some in a pipeline (value_placeholders)`);
  }
  const folded = tidy(given.map((part) => (typeof part === 'string' ? fold(part) : part)));
  const simple = simpleAtom(folded, field, table);
  if (simple !== undefined)
    return cased ? and([simple, table.add({ is: 'pattern', field, parts: given, cased })]) : simple;
  const verify = table.add({ is: 'pattern', field, parts: cased ? given : folded, cased });
  const literals = folded.filter((part) => typeof part === 'string');
  return withGates(literals, field, table, verify);
}

/** What the index finds on its own. */
function simpleAtom(parts: readonly Part[], field: string, table: AtomTable): Expr | undefined {
  const starts = isAny(parts[0]);
  const ends = parts.length > 1 && isAny(parts.at(-1));
  const middle = parts.slice(starts ? 1 : 0, ends ? -1 : undefined);
  const [text = '', more] = middle;
  if (more !== undefined || typeof text !== 'string') return undefined;
  if (text === '' && (starts || ends)) return table.add({ is: 'present', field });
  const is = starts ? (ends ? 'contains' : 'ends') : ends ? 'starts' : 'equals';
  return table.add({ is, field, text });
}

/** The longest of the texts that must be there for the costly test to hold are looked for first. */
function withGates(texts: readonly string[], field: string, table: AtomTable, costly: Expr): Expr {
  const longest = texts.filter((text) => text !== '').toSorted((a, b) => b.length - a.length);
  return and([...longest.slice(0, MAX_GATES).map((text) => table.add({ is: 'contains', field, text })), costly]);
}

const MAX_GATES = 3;
