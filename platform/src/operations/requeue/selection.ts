/** Which messages of the source queue are to be moved. */
import type { MessageFilter } from './filter.ts';

export interface Candidate {
  readonly body: string;
  /** Binary attributes as base64. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: Date;
  /** Why it is in the dead-letter queue, when somebody said so. */
  readonly reason?: string;
}

/** Each condition that is given must hold. */
export interface Selection {
  readonly filters: readonly MessageFilter[];
  /** Part of the reason, in any case. */
  readonly reason?: string;
  readonly sentSince?: Date;
  readonly sentBefore?: Date;
}

export function isSelected(message: Candidate, selection: Selection): boolean {
  const { filters, reason, sentSince, sentBefore } = selection;
  if (sentSince !== undefined && message.sentAt < sentSince) return false;
  if (sentBefore !== undefined && message.sentAt >= sentBefore) return false;
  if (reason !== undefined && !(message.reason ?? '').toLowerCase().includes(reason.toLowerCase())) return false;
  return filters.every((matches) => matches(message));
}

/** True when every message would be taken. */
export function selectsAll({ filters, reason, sentSince, sentBefore }: Selection): boolean {
  return filters.length === 0 && reason === undefined && sentSince === undefined && sentBefore === undefined;
}
