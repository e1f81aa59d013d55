import type { Counts } from '@panther/platform/contract';
import { formatNumber } from '../../components/format.ts';
import styles from './sources.module.css';

/** A bar that shows which part of the received records is stored, quarantined and rejected. */
export function BalanceBar({ counts }: { readonly counts: Counts }) {
  const { received, stored, quarantined, rejected } = counts;
  const share = (part: number) => `${received === 0 ? 0 : (100 * part) / received}%`;
  const text = `${formatNumber(stored)} stored, ${formatNumber(quarantined)} quarantined, ${formatNumber(rejected)} rejected`;
  return (
    <span className={styles.bar} role="img" aria-label={text} title={text}>
      <span className={styles.barStored} style={{ width: share(stored) }} />
      <span className={styles.barQuarantined} style={{ width: share(quarantined) }} />
      <span className={styles.barRejected} style={{ width: share(rejected) }} />
    </span>
  );
}
