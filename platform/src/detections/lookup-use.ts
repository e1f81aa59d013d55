/** What a lookup table is used for, of its specification. */
import type { Detection } from './detection.ts';

export interface LookupUse {
  readonly primaryKey: string;
  readonly logTypes: readonly { readonly logType: string; readonly selectors: readonly string[] }[];
}

interface LogTypeMap {
  readonly PrimaryKey: string;
  readonly AssociatedLogTypes?: readonly { readonly LogType: string; readonly Selectors?: readonly string[] | null }[];
}

export function lookupUseOf({ spec }: Pick<Detection, 'spec'>): LookupUse {
  const { PrimaryKey: primaryKey, AssociatedLogTypes: types } = spec.LogTypeMap as LogTypeMap;
  const logTypes = (types ?? []).map(({ LogType: logType, Selectors }) => ({ logType, selectors: Selectors ?? [] }));
  return { primaryKey, logTypes };
}
