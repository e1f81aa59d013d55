import type { Overview } from '@panther/platform/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { call } from '../../api/client.ts';
import { apiKey } from '../../api/hooks.ts';
import { Ago } from '../../components/ago.tsx';
import { Page } from '../../components/page.tsx';
import { PickOne } from '../../components/pick.tsx';
import { Loaded } from '../../components/states.tsx';
import { QueuesCard, RecentAlerts, SourcesCard, TopLogTypes } from './cards.tsx';
import { AlertsCharts, EventsChart } from './charts.tsx';
import { Figures } from './figures.tsx';
import { FirstSteps } from './first-steps.tsx';
import styles from './overview.module.css';

const RANGES = [
  { value: '1', label: 'Last hour' },
  { value: '6', label: 'Last 6 hours' },
  { value: '24', label: 'Last 24 hours' },
  { value: '72', label: 'Last 3 days' },
  { value: '168', label: 'Last 7 days' },
  { value: '720', label: 'Last 30 days' },
];
const REFRESH_MS = 5_000;
const HOUR_MS = 3_600_000;

export default function OverviewPage() {
  const [params, setParams] = useSearchParams();
  const hours = RANGES.find(({ value }) => value === params.get('hours'))?.value ?? '24';
  const overview = useOverview(Number(hours));
  return (
    <Page
      title="Overview"
      actions={
        <>
          {overview.data !== undefined && (
            <span className={styles.updated}>
              Updated <Ago time={overview.data.generatedAt} />
            </span>
          )}
          <PickOne
            label="Time range"
            options={RANGES}
            value={hours}
            onChange={(value) => setParams({ hours: value })}
          />
        </>
      }
    >
      <Loaded query={overview} lines={12}>
        {(data) => <Dashboard overview={data} />}
      </Loaded>
    </Page>
  );
}

/** The range ends now, at every refresh again. */
function useOverview(hours: number) {
  return useQuery({
    queryKey: [...apiKey('GET /overview'), hours],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - hours * HOUR_MS).toISOString();
      return call('GET /overview', { query: { from } }, signal);
    },
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

function Dashboard({ overview }: { readonly overview: Overview }) {
  const isNew = overview.sources.total === 0 || overview.records.total.received === 0;
  return (
    <>
      {isNew && <FirstSteps overview={overview} />}
      <Figures overview={overview} />
      <div className={styles.wide}>
        <EventsChart overview={overview} />
      </div>
      <div className={styles.two}>
        <AlertsCharts overview={overview} />
        <TopLogTypes overview={overview} />
      </div>
      <div className={styles.twoWide}>
        <RecentAlerts overview={overview} />
        <div className={styles.stack}>
          <SourcesCard />
          <QueuesCard overview={overview} />
        </div>
      </div>
    </>
  );
}
