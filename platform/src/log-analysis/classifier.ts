/**
 * Finds the log type of each record of a stream. Every type has a penalty, 1 at the start: a type that fails gets one
 * more, a type that succeeds has none. Types are tried in ascending order of penalty, then as they were given, so the
 * type that matched last is nearly always the only one tried.
 */
import { errorMessage } from '../core/errors.ts';
import type { LogEvent } from '../core/event.ts';
import type { CompiledLogType, RecordContext } from './compile.ts';
import { IMPRECISE, numbers, parsePrecisely } from './json-values.ts';
import { parseJsonObject } from './parsers/json.ts';
import type { Fields, SKIP, TextParser } from './parsers/parser.ts';

interface Candidate {
  readonly logType: CompiledLogType;
  readonly parser: TextParser | undefined;
  readonly index: number;
  penalty: number;
}

const MAX_NAMED_TYPES = 8;
const MAX_REASON_CHARACTERS = 1_000;

export interface Classifier {
  /** The event; `SKIP` when the record gives none on purpose; else one sentence that says why no type accepts it. */
  classify(text: string, context: RecordContext): LogEvent | typeof SKIP | string;
  /** The type of the last record that was accepted. */
  readonly logType: string;
}

/** One classifier per stream: text parsers keep the header they have seen. */
export function createClassifier(logTypes: readonly CompiledLogType[], nowMs: () => number): Classifier {
  let order: readonly Candidate[] = logTypes.map((logType, index) => ({
    logType,
    parser: logType.createParser({ nowMs }),
    index,
    penalty: 1,
  }));
  let accepted = '';
  /** The record as JSON, shared among the candidates. */
  let json: Fields | string | undefined;

  function attempt(candidate: Candidate, text: string, context: RecordContext): LogEvent | typeof SKIP | string {
    try {
      if (candidate.parser === undefined) return attemptJson(candidate, text, context);
      const fields = candidate.parser.parse(text);
      return typeof fields === 'object' ? candidate.logType.normalise(fields, context) : fields;
    } catch (error) {
      return `failed: ${errorMessage(error)}`;
    }
  }

  function attemptJson({ logType }: Candidate, text: string, context: RecordContext): LogEvent | string {
    json ??= parseJsonObject(text);
    if (typeof json === 'string') return json;
    const result = logType.normalise(json, context);
    if (typeof result !== 'string' || numbers.arePrecise || !result.endsWith(IMPRECISE)) return result;
    json = parsePrecisely(text) as Fields;
    numbers.arePrecise = true;
    return logType.normalise(json, context);
  }

  /** The common case, without the bookkeeping of the others. */
  function tryFirst(text: string, context: RecordContext): LogEvent | typeof SKIP | string {
    const [first] = order;
    if (first?.penalty !== 0) return tryAll(text, context);
    const result = attempt(first, text, context);
    return typeof result === 'string' ? tryAll(text, context, result) : result;
  }

  /** `firstReason`: the first candidate was tried already. */
  function tryAll(text: string, context: RecordContext, firstReason?: string): LogEvent | typeof SKIP | string {
    const reasons: string[] = [];
    for (const candidate of order) {
      const result = (reasons.length === 0 && firstReason) || attempt(candidate, text, context);
      if (typeof result === 'string') {
        reasons.push(result);
        continue;
      }
      for (const [index, failed] of order.entries()) if (index < reasons.length) failed.penalty += 1;
      candidate.penalty = 0;
      order = order.toSorted((a, b) => a.penalty - b.penalty || a.index - b.index);
      accepted = candidate.logType.name;
      return result;
    }
    for (const candidate of order) candidate.penalty += 1;
    return explain(order, reasons);
  }

  return {
    get logType() {
      return accepted;
    },
    classify(text, context) {
      json = undefined;
      const result = tryFirst(text, context);
      numbers.arePrecise = false;
      return result;
    },
  };
}

function explain(order: readonly Candidate[], reasons: readonly string[]): string {
  if (order.length === 0) return 'no log type is given';
  const parts = order.slice(0, MAX_NAMED_TYPES).map(({ logType }, index) => `${logType.name}: ${reasons[index]}`);
  const others = order.length - parts.length;
  const more = others > 0 ? `; and ${others} more` : '';
  return `no log type accepts it: ${parts.join('; ')}${more}`.slice(0, MAX_REASON_CHARACTERS);
}
