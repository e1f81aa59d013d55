import type { Schedule } from '@panther/platform/contract';
import { CalendarClock } from 'lucide-react';
import { Link } from 'react-router';
import { useApi } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Ago } from '../../components/ago.tsx';
import { Dot } from '../../components/badge.tsx';
import { cx } from '../../components/cx.ts';
import { formatNumber } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { HiddenHead } from '../../components/table-heads.tsx';
import { typeName } from '../detections/detection-names.ts';
import { SectionNav } from '../detections/section-nav.tsx';
import { RunNow } from './run-now.tsx';
import { RunState } from './run-state.tsx';
import { rhythmOf, runLength } from './schedule-time.ts';
import styles from './schedules.module.css';

export default function SchedulesPage() {
  const schedules = useApi('GET /schedules', {}, { refetchInterval: 15_000 });
  const failed = schedules.data?.items.filter(({ lastRun }) => lastRun?.state === 'failed').length ?? 0;
  return (
    <Page
      title="Schedules"
      lead={
        <>
          Queries and correlation rules that run over stored events.
          {failed > 0 && ` The last run failed: ${failed} of ${schedules.data?.items.length ?? 0}.`}
        </>
      }
    >
      <SectionNav />
      <Card flush>
        <Loaded query={schedules} lines={10}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nothing is scheduled" icon={<CalendarClock aria-hidden />}>
                Scheduled queries and correlation rules appear here once they are loaded.
              </Empty>
            ) : (
              <ScheduleTable schedules={items} />
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

function ScheduleTable({ schedules }: { readonly schedules: readonly Schedule[] }) {
  const canRun = useCan('analyst');
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Schedule</th>
          <th className={table.hideSmall}>Runs</th>
          <th>Last run</th>
          <th className={cx(table.number, table.hideSmall)}>Rows</th>
          <th className={cx(table.number, table.hideSmall)}>Matches</th>
          <th className={table.hideMedium}>Next run</th>
          {canRun && <HiddenHead className={table.hideSmall ?? ''} />}
        </tr>
      </thead>
      <tbody>
        {schedules.map((schedule) => (
          <tr key={schedule.id}>
            <td>
              <Link to={`/detections/${encodeURIComponent(schedule.id)}?tab=runs`} className={table.main}>
                {schedule.id}
              </Link>
              <span className={table.sub}>{typeName(schedule.type)}</span>
              {schedule.problem !== '' && <span className={styles.error}>{schedule.problem}</span>}
              {schedule.lastRun?.state === 'failed' && <span className={styles.error}>{schedule.lastRun.error}</span>}
            </td>
            <td className={cx(table.hideSmall, table.dim)}>{rhythmOf(schedule)}</td>
            <td className={table.nowrap}>
              <LastRun schedule={schedule} />
            </td>
            <td className={cx(table.number, table.hideSmall)}>
              {schedule.lastRun === null ? '–' : formatNumber(schedule.lastRun.rows)}
            </td>
            <td className={cx(table.number, table.hideSmall)}>
              {schedule.lastRun === null ? '–' : formatNumber(schedule.lastRun.matches)}
            </td>
            <td className={cx(table.hideMedium, table.nowrap, table.dim)}>
              {schedule.nextRunAt === null ? '–' : <Ago time={schedule.nextRunAt} />}
            </td>
            {canRun && (
              <td className={cx(table.actions, table.hideSmall)}>
                <RunNow id={schedule.id} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LastRun({ schedule: { enabled, lastRun } }: { readonly schedule: Schedule }) {
  if (lastRun === null) return enabled ? <span className={table.dim}>not yet</span> : <Dot tone="info">Disabled</Dot>;
  const length = runLength(lastRun);
  return (
    <>
      <RunState state={lastRun.state} />
      <span className={table.sub}>
        <Ago time={lastRun.startedAt ?? lastRun.scheduledAt} />
        {length !== undefined && `, ${length}`}
      </span>
    </>
  );
}
