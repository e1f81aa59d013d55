import type { DetectionSummary } from '@panther/platform/contract';
import { TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { SeverityBadge, Tag } from '../../components/badge.tsx';
import { cx } from '../../components/cx.ts';
import { Check } from '../../components/field.tsx';
import { formatDuration, formatNumber } from '../../components/format.ts';
import table from '../../components/table.module.css';
import { type Selection, useSelection } from '../../components/use-selection.ts';
import { BulkEnable } from './bulk-enable.tsx';
import { languageName, typeName } from './detection-names.ts';
import styles from './detections.module.css';
import { EnableSwitch } from './enable-switch.tsx';

/** Rows of detections, which may be chosen and switched together by those who may change them. */
export function DetectionTable({ detections }: { readonly detections: readonly DetectionSummary[] }) {
  const canChange = useCan('analyst');
  const ids = useMemo(() => detections.map(({ id }) => id), [detections]);
  const selection = useSelection(ids);
  return (
    <>
      {canChange && selection.chosen.length > 0 && <BulkEnable selection={selection} />}
      <table className={table.table}>
        <thead>
          <tr>
            {canChange && (
              <th className={styles.tick}>
                <Check
                  bare
                  label="Choose all detections shown"
                  checked={selection.isAll}
                  onChange={selection.toggleAll}
                />
              </th>
            )}
            <th>Enabled</th>
            <th>Detection</th>
            <th>Severity</th>
            <th className={table.hideMedium}>Log types</th>
            <th className={cx(table.number, table.hideSmall)}>Tests</th>
            <th className={cx(table.number, table.hideSmall)}>Matches, 7 d</th>
            <th className={cx(table.number, table.hideSmall)}>Errors, 7 d</th>
            <th className={cx(table.number, table.hideMedium)}>Time, 7 d</th>
            <th className={table.hideMedium}>Changed</th>
          </tr>
        </thead>
        <tbody>
          {detections.map((detection) => (
            <DetectionRow key={detection.id} detection={detection} selection={canChange ? selection : undefined} />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface DetectionRowProps {
  readonly detection: DetectionSummary;
  readonly selection: Selection | undefined;
}

function DetectionRow({ detection, selection }: DetectionRowProps) {
  const { id, last7Days: week } = detection;
  const name = detection.displayName || id;
  const isChosen = selection?.has(id) ?? false;
  return (
    <tr data-selected={isChosen}>
      {selection !== undefined && (
        <td className={styles.tick}>
          <Check bare label={`Choose ${name}`} checked={isChosen} onChange={() => selection.toggle(id)} />
        </td>
      )}
      <td>
        <EnableSwitch detection={detection} />
      </td>
      <td>
        <Link to={`/detections/${encodeURIComponent(id)}`} className={table.main}>
          {name}
        </Link>
        <span className={table.sub}>
          {id} · {detection.type !== 'rule' && `${typeName(detection.type)} in `}
          {languageName(detection.language)}
        </span>
        {detection.fault && (
          <span className={styles.fault} title={detection.fault.reason}>
            <TriangleAlert aria-hidden /> Switched off: {detection.fault.reason}
          </span>
        )}
      </td>
      <td>
        {detection.severity === null ? (
          <span className={table.dim}>–</span>
        ) : (
          <SeverityBadge severity={detection.severity} />
        )}
      </td>
      <td className={table.hideMedium}>
        <span className={table.tags}>
          {detection.logTypes.map((logType) => (
            <Tag key={logType}>{logType}</Tag>
          ))}
        </span>
      </td>
      <td className={cx(table.number, table.hideSmall)}>{formatNumber(detection.testCount)}</td>
      <td className={cx(table.number, table.hideSmall)}>{formatNumber(week.matches)}</td>
      <td className={cx(table.number, table.hideSmall)}>
        {week.errors > 0 ? <strong className={styles.errors}>{formatNumber(week.errors)}</strong> : 0}
      </td>
      <td className={cx(table.number, table.hideMedium, table.nowrap, table.dim)}>
        {week.micros === 0 ? '–' : formatDuration(week.micros / 1_000)}
      </td>
      <td className={cx(table.hideMedium, table.nowrap, table.dim)}>
        <Ago time={detection.updatedAt} />
      </td>
    </tr>
  );
}
