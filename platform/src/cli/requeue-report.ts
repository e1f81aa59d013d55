/** What `panther requeue` prints. */
import { stripVTControlCharacters } from 'node:util';
import type { ReasonCount } from '../operations/requeue/reasons.ts';
import type { RequeueResult } from '../operations/requeue/requeue.ts';
import type { Candidate } from '../operations/requeue/selection.ts';

export interface RequeueReport {
  readonly from: string;
  readonly to: string;
  readonly isDryRun: boolean;
  readonly seconds: number;
  readonly result: RequeueResult<Candidate>;
}

const MAX_REASONS = 20;
const MAX_BODY = 300;

export function requeueJson({ from, to, isDryRun, seconds, result }: RequeueReport): string {
  const { stoppedBy, looked, moved, left, failed, reasons, failures, notes, sample } = result;
  const messages = sample.map(({ body, attributes, sentAt, reason }) => {
    return { sentAt: sentAt.toISOString(), reason: reason ?? null, attributes, body };
  });
  const counts = { looked, moved, left, failed, reasons, failures, notes };
  const rounded = Math.round(seconds * 1_000) / 1_000;
  const document = { from, to, dryRun: isDryRun, stoppedBy, seconds: rounded, ...counts };
  return `${JSON.stringify(isDryRun ? { ...document, sample: messages } : document)}\n`;
}

export function requeueText(report: RequeueReport): string {
  const { from, to, isDryRun, seconds, result } = report;
  const { moved, left, failed, stoppedBy } = result;
  const verb = isDryRun ? 'would move' : 'moved';
  const rest = left > 0 ? `, left ${left}` : '';
  const refused = failed > 0 ? `, ${failed} refused` : '';
  const lines = [`${verb} ${moved} messages from ${from} to ${to}${rest}${refused} (${seconds.toFixed(1)} s)`];
  if (stoppedBy === 'signal') lines.push('interrupted: what is not moved is still in the source; run it again');
  if (stoppedBy === 'limit') lines.push('stopped at the limit');
  lines.push(...reasonLines('they had failed because:', result.reasons));
  lines.push(...reasonLines(`refused by ${to}, still in ${from}:`, result.failures));
  lines.push(...result.notes.map((note) => `note: ${note}`));
  if (isDryRun && result.sample.length > 0) lines.push('some of them:', ...result.sample.map(sampleLine));
  return `${lines.join('\n')}\n`;
}

function reasonLines(title: string, reasons: readonly ReasonCount[]): string[] {
  if (reasons.length === 0) return [];
  const lines = reasons
    .slice(0, MAX_REASONS)
    .map(({ reason, count }) => `${String(count).padStart(9)}  ${plain(reason)}`);
  const more = reasons.length > MAX_REASONS ? [`           and ${reasons.length - MAX_REASONS} more`] : [];
  return [title, ...lines, ...more];
}

function sampleLine({ sentAt, attributes, body, reason }: Candidate): string {
  const why = reason === undefined ? '' : `  ${plain(reason)}`;
  const beside = Object.keys(attributes).length > 0 ? `  ${plain(JSON.stringify(attributes))}` : '';
  return `  ${sentAt.toISOString()}${why}${beside}\n      ${plain(body)}`;
}

/** Foreign text must not steer the terminal. */
function plain(text: string): string {
  const shown = stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');
  return shown.length > MAX_BODY ? `${shown.slice(0, MAX_BODY)}…` : shown;
}
