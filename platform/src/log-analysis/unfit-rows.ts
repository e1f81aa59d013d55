/**
 * Rows that their table does not take. They are found when files are written, long after their records have gone by: so
 * the units are processed once more, and this time the records are kept with the reason instead.
 */

/** More of them than this fail their commit. */
export const MAX_UNFIT_ROWS = 100_000;

/** By `p_row_id`, why. */
export type UnfitReasons = ReadonlyMap<string, string>;

export class UnfitRows extends Error {
  override readonly name = 'UnfitRows';
  readonly reasons: UnfitReasons;

  constructor(reasons: UnfitReasons) {
    const [first] = reasons.values();
    super(`${reasons.size} rows do not fit their table, such as: ${first}`);
    this.reasons = reasons;
  }
}

export interface UnfitRowCollector {
  add(row: { readonly json: string; readonly reason: string }): void;
  /** @throws UnfitRows when there were some. */
  check(): void;
}

export function createUnfitRowCollector(): UnfitRowCollector {
  const reasons = new Map<string, string>();
  return {
    add({ json, reason }) {
      const rowId = rowIdOf(json);
      if (rowId === undefined) throw new Error(`a row without p_row_id is unfit: ${reason}`);
      reasons.set(rowId, `the lake does not take the event: ${reason.trim()}`);
      if (reasons.size > MAX_UNFIT_ROWS) throw new UnfitRows(reasons);
    },
    check() {
      if (reasons.size > 0) throw new UnfitRows(reasons);
    },
  };
}

/** Also of a row that is not JSON. */
function rowIdOf(json: string): string | undefined {
  try {
    const { p_row_id } = JSON.parse(json) as { readonly p_row_id?: unknown };
    return typeof p_row_id === 'string' ? p_row_id : undefined;
  } catch {
    return [...json.matchAll(/"p_row_id":"([0-9a-f]{1,64})"/g)].at(-1)?.[1];
  }
}
