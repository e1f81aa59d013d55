import { useApiPages } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { Button } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import { formatNumber, formatTime } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { RunNow } from './run-now.tsx';
import { RunState } from './run-state.tsx';
import { runLength } from './schedule-time.ts';
import styles from './schedules.module.css';

/** The runs of a scheduled query or correlation rule. */
export function RunHistory({ id }: { readonly id: string }) {
  const canRun = useCan('analyst');
  const pages = useApiPages(
    'GET /schedules/:id/runs',
    { params: { id }, query: { limit: 50 } },
    { refetchInterval: 10_000 },
  );
  const runs = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Card title="Runs" aside={canRun && <RunNow id={id} />} flush>
      <Loaded query={pages}>
        {() =>
          runs.length === 0 ? (
            <Empty title="No runs yet">It runs when its schedule says so, or now.</Empty>
          ) : (
            <table className={table.table}>
              <thead>
                <tr>
                  <th>For</th>
                  <th>State</th>
                  <th className={cx(table.number, table.hideSmall)}>Took</th>
                  <th className={table.number}>Rows</th>
                  <th className={table.number}>Matches</th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run) => (
                  <tr key={run.id}>
                    <td>
                      {formatTime(run.scheduledAt)}
                      <span className={table.sub}>
                        {run.cause === 'user' ? 'run by hand' : 'by schedule'}
                        {run.attempts > 1 && ` · ${run.attempts} attempts`}
                      </span>
                      {run.error !== '' && (
                        <span className={run.state === 'failed' ? styles.error : styles.note}>{run.error}</span>
                      )}
                    </td>
                    <td>
                      <RunState state={run.state} />
                    </td>
                    <td className={cx(table.number, table.hideSmall, table.nowrap)}>{runLength(run) ?? '–'}</td>
                    <td className={table.number}>
                      {formatNumber(run.rows)}
                      {run.truncated && <span className={table.sub}>cut off</span>}
                    </td>
                    <td className={table.number}>{formatNumber(run.matches)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      {pages.hasNextPage && (
        <div className={styles.more}>
          <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}
