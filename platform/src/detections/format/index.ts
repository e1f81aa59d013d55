/** Every analysis type of the format, by its name. */
import { correlationRule } from './correlation-rule.ts';
import { dataModel } from './data-model.ts';
import { exception } from './exception.ts';
import { globalModule, pack } from './global.ts';
import { lookupTable } from './lookup-table.ts';
import { policy } from './policy.ts';
import { savedQuery, scheduledQuery } from './query.ts';
import { rule, scheduledRule } from './rule.ts';
import type { Specification } from './shared.ts';

export const specifications = {
  rule,
  scheduled_rule: scheduledRule,
  policy,
  global: globalModule,
  datamodel: dataModel,
  lookup_table: lookupTable,
  saved_query: savedQuery,
  scheduled_query: scheduledQuery,
  correlation_rule: correlationRule,
  pack,
  exception,
} as const satisfies Readonly<Record<string, Specification>>;

export type AnalysisType = keyof typeof specifications;
export const ANALYSIS_TYPES = Object.keys(specifications) as readonly AnalysisType[];
