import { useCallback } from 'react';
import { useApiPages } from '../../api/hooks.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import filters from '../../components/filters.module.css';
import { formatTime } from '../../components/format.ts';
import { Card } from '../../components/page.tsx';
import { SearchInput } from '../../components/search-input.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { useUrlState } from '../../components/url-state.ts';
import styles from './settings.module.css';

export function AuditLog() {
  const { text, set } = useUrlState();
  const action = text('action');
  const setAction = useCallback((next: string) => set({ action: next }), [set]);
  const pages = useApiPages('GET /audit', { query: { limit: 50, ...(action === '' ? {} : { action }) } });
  const entries = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <>
      <search className={filters.bar}>
        <SearchInput
          label="Action"
          placeholder="Action, e.g. source. or user.update"
          value={action}
          onChange={setAction}
        />
      </search>
      <Card flush>
        <Loaded query={pages} lines={10}>
          {() =>
            entries.length === 0 ? (
              <Empty title="Nothing found">The audit log has every change, with who made it and from where.</Empty>
            ) : (
              <table className={table.table}>
                <thead>
                  <tr>
                    <th>Time</th>
                    <th>Who</th>
                    <th>Action</th>
                    <th className={table.hideMedium}>Target</th>
                    <th className={table.hideMedium}>Details</th>
                    <th className={table.hideSmall}>From</th>
                    <th>Result</th>
                  </tr>
                </thead>
                <tbody>
                  {entries.map((entry) => (
                    <tr key={entry.id}>
                      <td className={`${table.nowrap} ${table.dim}`}>{formatTime(entry.at)}</td>
                      <td className={table.nowrap}>{entry.actorName || entry.actor}</td>
                      <td className={table.mono}>{entry.action}</td>
                      <td className={table.hideMedium}>
                        <div className={styles.target} title={entry.target}>
                          {entry.target}
                        </div>
                      </td>
                      <td className={table.hideMedium}>
                        <div className={styles.details} title={JSON.stringify(entry.details, null, 2)}>
                          {Object.keys(entry.details).length === 0 ? '–' : JSON.stringify(entry.details)}
                        </div>
                      </td>
                      <td className={`${table.hideSmall} ${table.mono}`}>{entry.ip}</td>
                      <td>
                        <Badge tone={entry.status < 400 ? 'good' : 'bad'}>{entry.status}</Badge>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </Card>
      {pages.hasNextPage && (
        <div className={styles.more}>
          <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
