import type { Condition } from './condition.ts';
export interface RuleIndex {
  candidates(event: object, out: number[]): number;
}
export function createRuleIndex(rules: readonly { key: number; condition: Condition }[]): RuleIndex {
  return {
    candidates(_event, out) {
      rules.forEach((r, i) => {
        out[i] = r.key;
      });
      return rules.length;
    },
  };
}
