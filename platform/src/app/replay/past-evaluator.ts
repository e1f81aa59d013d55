/** What a replay asks a correlation of any kind. */
import type { RuleMatch } from '../../core/detection.ts';
import type { ReportName } from '../../detections/correlation/report.ts';

/** Decides a correlation at one time after the other. */
export interface PastEvaluator<T extends ReportName = ReportName> {
  /** Ids of the rules whose matches it takes. */
  readonly members: readonly string[];
  /** How long before the time that is replayed a match can matter. */
  readonly lookBackMs: number;
  add(match: RuleMatch): void;
  /** Every match was added. */
  begin(): void;
  /** What holds at that time, also if it did before. `previousAt`: of the run before. */
  find(scheduledAt: Date, previousAt: Date): readonly T[];
  toMatch(report: T, scheduledAt: Date): RuleMatch;
}
