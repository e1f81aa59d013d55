/** Rules over the rows of a scheduled query: the same runners as for events, over rows instead. */
import type { RuleError, RuleResult } from '../../core/detection.ts';
import { INDICATOR_FIELDS, type LogEvent } from '../../core/event.ts';
import { sha256Hex } from '../../core/ids.ts';
import { formatDate } from '../../core/time.ts';
import { type CompiledDetection, compileDetection, evaluateCompiled, filterOf } from '../compiled.ts';
import type { Detection } from '../detection.ts';
import { matchResult, type Runner } from '../engine.ts';
import { helpersOf } from '../helpers.ts';
import type { Answer } from '../runner.ts';

/** The log type of the rows that matched, in the rule match tables. */
export const ROW_LOG_TYPE = 'Panther.ScheduledQuery';

export type Row = Readonly<Record<string, unknown>>;

export interface RowRulesOptions {
  /** Every one that is enabled, with the helpers they import. */
  readonly detections: readonly Detection[];
  readonly queryName: string;
  readonly runId: string;
  readonly scheduledAt: Date;
  readonly now: Date;
  readonly python: Runner;
  readonly typescript: Runner;
}

export interface RowRules {
  readonly ruleCount: number;
  offer(row: Row): void;
  readonly pendingCount: number;
  /** Matches and errors of what was offered, in the order of rows, then of rules. */
  drain(): Promise<readonly RuleResult[]>;
}

interface Slot {
  readonly detection: Detection;
  readonly compiled: CompiledDetection | undefined;
  readonly filter: ReturnType<typeof filterOf>;
}

export function createRowRules(options: RowRulesOptions): RowRules {
  const slots: readonly Slot[] = options.detections.filter((one) => isRuleOf(one, options.queryName)).map(toSlot);
  const loading: Partial<Record<'python' | 'typescript', Promise<unknown>>> = {};
  let pending: Row[] = [];
  let position = 0;

  /** `rule` of an answer is the index of its slot, `event` of its row. */
  async function run(language: 'python' | 'typescript', rows: readonly Row[]): Promise<readonly Answer[]> {
    const own = slots.flatMap(({ detection }, key) => (detection.language === language ? [key] : []));
    if (own.length === 0) return [];
    loading[language] ??= options[language].load(own.map(sourceOf), helpersOf(options.detections));
    await loading[language];
    const calls = rows.map((row) => ({
      eventJson: JSON.stringify(row),
      keys: own.filter((key) => slots[key]?.filter?.(row) ?? true),
    }));
    return options[language].run(calls);
  }

  function sourceOf(key: number) {
    const { id, file, body } = (slots[key] as Slot).detection;
    return { key, id, file, body, type: 'scheduled_rule' as const };
  }

  function runCompiled(rows: readonly Row[]): readonly Answer[] {
    return rows.flatMap((row, event) =>
      slots.flatMap(({ compiled, filter }, rule) => {
        if (compiled === undefined || filter?.(row) === false) return [];
        const answer = evaluateCompiled(compiled, row);
        return answer === undefined ? [] : [{ ...answer, event, rule }];
      }),
    );
  }

  return {
    ruleCount: slots.length,
    offer: (row) => {
      pending.push(row);
    },
    get pendingCount() {
      return pending.length;
    },
    async drain() {
      const rows = pending;
      pending = [];
      if (rows.length === 0 || slots.length === 0) return [];
      const first = position;
      position += rows.length;
      const answers = [...runCompiled(rows), ...(await run('python', rows)), ...(await run('typescript', rows))];
      answers.sort((a, b) => a.event - b.event || a.rule - b.rule);
      const events = new Map<number, LogEvent>();
      return answers.flatMap((answer) => {
        const event = events.get(answer.event) ?? toEvent(options, rows[answer.event] as Row, first + answer.event);
        events.set(answer.event, event);
        return toResult((slots[answer.rule] as Slot).detection, event, answer) ?? [];
      });
    },
  };
}

function isRuleOf({ type, isEnabled, spec }: Detection, queryName: string): boolean {
  return type === 'scheduled_rule' && isEnabled && (spec.ScheduledQueries as readonly string[]).includes(queryName);
}

function toSlot(detection: Detection): Slot {
  return { detection, compiled: compileDetection(detection), filter: filterOf(detection) };
}

function toResult(detection: Detection, event: LogEvent, answer: Answer): RuleResult | undefined {
  if (answer.error !== undefined) {
    const { type, title, message } = answer.error;
    const { id: ruleId, version: ruleVersion } = detection;
    return { kind: 'error', ruleId, ruleVersion, event, dedup: type, title, message } satisfies RuleError;
  }
  return answer.matched === true ? matchResult(detection, event, answer) : undefined;
}

const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$/;

/** The row as it is stored: its own columns stay together, so that no name of theirs meets one of Panther's. */
function toEvent({ queryName, runId, scheduledAt, now }: RowRulesOptions, row: Row, position: number): LogEvent {
  const indicators = INDICATOR_FIELDS.flatMap((name) => {
    const value = row[name];
    return Array.isArray(value) ? [[name, value.map(String)]] : [];
  });
  const own = row.p_event_time;
  return {
    queryName,
    scheduledTime: formatDate(scheduledAt),
    row,
    p_log_type: ROW_LOG_TYPE,
    p_row_id: sha256Hex([runId, position].join('\0')).slice(0, 40),
    p_event_time: typeof own === 'string' && TIME.test(own) ? own.padEnd(29, '0') : formatDate(scheduledAt),
    p_parse_time: formatDate(now),
    ...Object.fromEntries(indicators),
  };
}
