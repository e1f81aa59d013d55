/** Counts of records with their balance. */
import type { UnitCounts } from '../../core/unit.ts';
import type { Counts } from '../contract/common.ts';

/** Sums of a database come as text on some, and as null when there was nothing to add. */
type Sums = { readonly [K in keyof UnitCounts]: number | string | bigint | null };

export function toCounts(sums: Sums): Counts {
  const received = Number(sums.received);
  const stored = Number(sums.stored);
  const quarantined = Number(sums.quarantined);
  const rejected = Number(sums.rejected);
  const balanced = received === stored + quarantined + rejected;
  return { received, stored, quarantined, rejected, events: Number(sums.events), bytes: Number(sums.bytes), balanced };
}
