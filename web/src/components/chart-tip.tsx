import styles from './chart.module.css';
import type { ChartTable } from './chart-data.ts';
import { formatTime } from './format.ts';

interface ChartTipProps {
  readonly table: ChartTable;
  readonly at: number;
  /** Where the cursor stands, from the left edge. */
  readonly left: number;
  readonly width: number;
  readonly format: (value: number) => string;
}

const TIP_WIDTH = 210;

/** The values of one time. */
export function ChartTip({ table, at, left, width, format }: ChartTipProps) {
  const rows = table.series.filter((item) => (item.values[at] ?? 0) !== 0);
  const place = left + TIP_WIDTH + 16 > width ? Math.max(0, left - TIP_WIDTH - 12) : left + 12;
  return (
    <div className={styles.tip} role="status" style={{ left: place, width: TIP_WIDTH }}>
      <div className={styles.tipTime}>{formatTime(table.times[at] ?? 0)}</div>
      {rows.length === 0 && <div className={styles.tipRow}>nothing</div>}
      {rows.map((item) => (
        <div key={item.label} className={styles.tipRow}>
          <span className={styles.swatch} style={{ background: item.color }} />
          <span className={styles.tipName}>{item.label}</span>
          <span className={styles.tipValue}>{format(item.values[at] ?? 0)}</span>
        </div>
      ))}
    </div>
  );
}
