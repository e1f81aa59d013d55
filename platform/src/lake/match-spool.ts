/**
 * Holds the rule results of a commit on disk until their alerts are known, then writes them as rows of the rule match
 * and rule error tables. Memory does not grow with the number of matches.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { RuleInfo, RuleResult } from '../core/detection.ts';
import { readLines } from '../core/lines.ts';
import { hourOf } from './layout.ts';

/** What the commit decided about a result's group. */
export interface ResultAlert {
  /** Undefined for a signal. */
  readonly alertId: string | undefined;
  /** RFC 3339. */
  readonly openedAt: string;
}

export interface MatchRow {
  readonly kind: RuleResult['kind'];
  readonly logType: string;
  /** `YYYY-MM-DDTHH`. */
  readonly hour: string;
  /** JSON text of the row. */
  readonly json: string;
}

export interface MatchSpool {
  readonly count: number;
  /** `eventJson` is the event as it is stored; the row is made of it and of the result. */
  add(result: RuleResult, groupKey: string, eventJson: string): void;
  /** Something to wait for before more is added. */
  pressure(): Promise<void> | undefined;
  /** Every row, in the order of `add`; can be read again after a conflict. */
  rows(alertOf: (groupKey: string) => ResultAlert, now: Date): AsyncIterable<MatchRow>;
  close(): Promise<void>;
}

const BUFFER_CHARACTERS = 1 << 20;

export function createMatchSpool(path: string, ruleOf: (ruleId: string) => RuleInfo | undefined): MatchSpool {
  let buffer: string[] = [];
  let characters = 0;
  let count = 0;
  let file: FileHandle | undefined;
  let writing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    const text = buffer.join('');
    [buffer, characters] = [[], 0];
    file ??= await open(path, 'a');
    await file.appendFile(text);
  }

  return {
    get count() {
      return count;
    },
    add(result, groupKey, eventJson) {
      const { p_event_time, p_log_type } = result.event;
      const header = [result.kind, p_log_type, hourOf(p_event_time), groupKey].join('\t');
      const line = `${header}\t${eventJson.slice(0, -1)},${ruleFields(result, ruleOf(result.ruleId))}\n`;
      buffer.push(line);
      characters += line.length;
      count += 1;
    },
    pressure() {
      if (characters < BUFFER_CHARACTERS) return undefined;
      writing = (writing ?? Promise.resolve()).then(flush);
      return writing;
    },
    async *rows(alertOf, now) {
      if (count === 0) return;
      await flush();
      const at = lakeTime(now.toISOString());
      const reader = await open(path, 'r');
      for await (const line of readLines(reader.createReadStream())) yield toRow(line, alertOf, at);
    },
    async close() {
      await writing?.catch(() => {});
      await file?.close();
      await rm(path, { force: true });
    },
  };
}

/** The fields that do not depend on the alert, as JSON text without the opening and with no closing brace. */
function ruleFields(result: RuleResult, rule: RuleInfo | undefined): string {
  const fields = {
    p_rule_id: result.ruleId,
    p_rule_version: result.ruleVersion,
    p_dedup: result.dedup,
    p_rule_title: result.title,
    p_rule_severity: result.kind === 'match' ? result.severity : rule?.severity,
    p_alert_context: result.kind === 'match' ? result.context : undefined,
    p_rule_error: result.kind === 'error' ? result.message : undefined,
    p_rule_tags: rule?.tags.toSorted(),
    p_rule_reports: rule?.reports,
  };
  return JSON.stringify(fields).slice(1, -1);
}

function toRow(line: string, alertOf: (groupKey: string) => ResultAlert, now: string): MatchRow {
  const parts = line.split('\t', 4);
  const [kind, logType, hour, groupKey] = parts as [RuleResult['kind'], string, string, string];
  const json = line.slice(parts.join('\t').length + 1);
  const alert = alertOf(groupKey);
  const fields = {
    p_alert_id: alert.alertId,
    p_alert_creation_time: alert.alertId === undefined ? undefined : lakeTime(alert.openedAt),
    p_alert_update_time: alert.alertId === undefined ? undefined : now,
  };
  const tail = JSON.stringify(fields).slice(1);
  return { kind, logType, hour, json: tail === '}' ? `${json}}` : `${json},${tail}` };
}

/** RFC 3339 as the lake writes times. */
function lakeTime(time: string): string {
  return time.replace('T', ' ').replace('Z', '');
}
