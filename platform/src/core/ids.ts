/** Identifiers derived from content, so that a retry names the same thing the same way. */
import { createHash } from 'node:crypto';

/** The table of a log type: lower case, every character outside `[a-z0-9_]` replaced by `_`. */
export function tableName(logType: string): string {
  return logType.toLowerCase().replace(/[^a-z0-9_]/g, '_');
}

/** 32 hex digits naming a unit of work: one version of one input object of one source. */
export function unitId(parts: { sourceId: string; bucket: string; key: string; version: string }): string {
  return sha256Hex([parts.sourceId, parts.bucket, parts.key, parts.version].join('\0')).slice(0, 32);
}

/** `p_row_id` of the record at a position of a unit; the same on every attempt. */
export function rowId(unit: string, position: number): string {
  return unit + position.toString(16).padStart(8, '0');
}

/** Id of the `count`-th alert of a rule and dedup string. */
export function alertId(ruleId: string, count: number, dedup: string, isError = false): string {
  return md5Hex(isError ? `${ruleId}\0error\0${count}:${dedup}` : `${ruleId}:${count}:${dedup}`);
}

/** Key of the dedup state of a rule and dedup string. NUL is in no rule id: no dedup string can name an error's key. */
export function dedupKey(ruleId: string, dedup: string, isError: boolean): string {
  return md5Hex(isError ? `${ruleId}\0error\0${dedup}` : `${ruleId}:${dedup}`);
}

export function sha256Hex(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

function md5Hex(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
