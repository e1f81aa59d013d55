/** Filters: conditions that users add to rules that they did not write. */
import { fitsLogSource } from './pipeline/conditions.ts';
import type { ConditionTree, SigmaFilter, SigmaRule } from './rule.ts';

/** The rule with every filter that is meant for it; the filters' conditions must hold as well. */
export function applyFilters(rule: SigmaRule, filters: readonly SigmaFilter[]): SigmaRule {
  return filters.filter((filter) => isFor(filter, rule)).reduce(addFilter, rule);
}

/** Named or not, a filter is only for rules of its log source. */
export function isFor({ rules, logSource }: SigmaFilter, { id, name, logSource: own }: SigmaRule): boolean {
  if (!fitsLogSource(logSource, own)) return false;
  return rules === undefined || rules.some((one) => one === id || one === name);
}

function addFilter(rule: SigmaRule, filter: SigmaFilter, index: number): SigmaRule {
  const rename = (name: string) => (name.startsWith('_') ? `(${index}_)${name}` : `(${index})${name}`);
  const searches = Object.entries(filter.searches).map(([name, search]) => [rename(name), search] as const);
  return {
    ...rule,
    searches: { ...rule.searches, ...Object.fromEntries(searches) },
    condition: { op: 'and', of: [rule.condition, renamed(filter.condition, rename, index)] },
  };
}

function renamed(tree: ConditionTree, rename: (name: string) => string, index: number): ConditionTree {
  switch (tree.op) {
    case 'search':
      return { op: 'search', name: rename(tree.name) };
    case 'not':
      return { op: 'not', of: renamed(tree.of, rename, index) };
    case 'of':
      return { ...tree, pattern: tree.pattern.toLowerCase() === 'them' ? `(${index})*` : rename(tree.pattern) };
    default:
      return { op: tree.op, of: tree.of.map((one) => renamed(one, rename, index)) };
  }
}
