/** The contract of generators: one file per log type; `index.ts` lists them. */
import type { Random } from './random.ts';

/** One log line (or JSON document) of a moment. */
export type LineAt = (time: Date) => string;

/** Something that a rule of the starter pack detects. */
export interface Attack {
  /** Id of the rule. */
  readonly ruleId: string;
  /** The attack's lines in order; enough of them to reach the rule's threshold. */
  lines(random: Random): readonly LineAt[];
}

export interface Generator {
  readonly logType: string;
  /** First line of every file, where the format has one. */
  readonly header?: string;
  /** A line of an ordinary day, which no rule of the starter pack alerts on. */
  line(random: Random): LineAt;
  readonly attacks: readonly Attack[];
}
