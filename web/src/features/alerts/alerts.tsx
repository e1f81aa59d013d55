import type { AlertSummary } from '@panther/platform/contract';
import { ShieldCheck } from 'lucide-react';
import { useMemo } from 'react';
import { useApiPages, useCommand } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { type AlertStatus, sentence } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import filterStyles from '../../components/filters.module.css';
import { formatNumber, plural } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import { useUrlState } from '../../components/url-state.ts';
import { useSelection } from '../../components/use-selection.ts';
import { alertQuery, isFiltered, NO_FILTERS } from './alert-filter.ts';
import { AlertFilters, AlertSort } from './alert-filters.tsx';
import { AlertTable } from './alert-table.tsx';
import styles from './alerts.module.css';
import { BulkStatus } from './status-menu.tsx';

const MINUTE_MS = 60_000;

export default function AlertsPage() {
  const url = useUrlState();
  const query = alertQuery(url, Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
  const pages = useApiPages('GET /alerts', { query }, { refetchInterval: 15_000, keepsPrevious: true });
  const alerts = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data]);
  const total = pages.data?.pages[0]?.total;
  return (
    <Page
      title="Alerts"
      lead={total === undefined ? undefined : plural(total, 'alert')}
      actions={<AlertSort url={url} />}
    >
      <AlertFilters url={url} />
      <Card flush>
        <Loaded query={pages} lines={12}>
          {() =>
            alerts.length === 0 ? (
              <NoAlerts filtered={isFiltered(url)} onReset={() => url.set(NO_FILTERS)} />
            ) : (
              <SelectableAlerts alerts={alerts} />
            )
          }
        </Loaded>
      </Card>
      {pages.hasNextPage && (
        <div className={styles.more}>
          <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show more
          </Button>
          <span className={filterStyles.count}>
            {formatNumber(alerts.length)} of {formatNumber(total ?? alerts.length)}
          </span>
        </div>
      )}
      <KeyboardHelp />
    </Page>
  );
}

function NoAlerts({ filtered, onReset }: { readonly filtered: boolean; readonly onReset: () => void }) {
  if (filtered) {
    return (
      <Empty title="No alert matches the filter" action={<Button onClick={onReset}>Reset the filter</Button>}>
        Closed and resolved alerts are hidden unless their status is chosen.
      </Empty>
    );
  }
  return (
    <Empty title="Nothing to triage" icon={<ShieldCheck aria-hidden />}>
      There are no open or triaged alerts. When a detection matches, its alert appears here by itself.
    </Empty>
  );
}

function SelectableAlerts({ alerts }: { readonly alerts: readonly AlertSummary[] }) {
  const canChange = useCan('analyst');
  const ids = useMemo(() => alerts.map(({ id }) => id), [alerts]);
  const selection = useSelection(ids);
  const setStatus = useCommand('POST /alerts/bulk', {
    invalidates: ['GET /alerts', 'GET /alerts/:id', 'GET /overview'],
    done: ({ updated }, { body }) => `${plural(updated, 'alert')} set to ${sentence(body.status ?? '').toLowerCase()}.`,
  });
  const change = (chosen: readonly string[], status: AlertStatus) =>
    setStatus.mutate({ body: { ids: [...chosen], status } }, { onSuccess: selection.clear });
  return (
    <>
      {canChange && selection.chosen.length > 0 && (
        <section className={styles.bulk} aria-label="Chosen alerts">
          <span>{plural(selection.chosen.length, 'alert')} chosen</span>
          <BulkStatus busy={setStatus.isPending} onChange={(status) => change(selection.chosen, status)} />
          <Button small look="quiet" onClick={selection.clear}>
            Clear
          </Button>
        </section>
      )}
      <AlertTable
        alerts={alerts}
        selection={canChange ? selection : undefined}
        onStatus={(id, status) => change([id], status)}
      />
    </>
  );
}

function KeyboardHelp() {
  return (
    <p className={styles.keys}>
      <kbd>j</kbd> <kbd>k</kbd> next and previous · <kbd>x</kbd> choose · <kbd>Enter</kbd> open
    </p>
  );
}
