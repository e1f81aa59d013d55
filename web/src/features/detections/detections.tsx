import type { ListDetectionsQuery } from '@panther/platform/contract';
import { Plus, Radar, X } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { useApi, useApiPages } from '../../api/hooks.ts';
import { useCan } from '../../api/session.tsx';
import { SEVERITIES, sentence } from '../../components/badge.tsx';
import { Button, ButtonLink } from '../../components/button.tsx';
import filters from '../../components/filters.module.css';
import { formatNumber, plural } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { PickMany, PickOne } from '../../components/pick.tsx';
import { SearchInput } from '../../components/search-input.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import { type UrlState, useUrlState } from '../../components/url-state.ts';
import { languageName, typeName } from './detection-names.ts';
import { DetectionTable } from './detection-table.tsx';
import styles from './detections.module.css';
import { SectionNav } from './section-nav.tsx';

const LANGUAGES = ['python', 'typescript', 'sigma', 'yaml'] as const;
const TYPES = ['rule', 'scheduled_rule', 'correlation_rule', 'policy', 'global', 'datamodel'] as const;
const STATES = [
  { value: '', label: 'Any state' },
  { value: 'true', label: 'Enabled' },
  { value: 'false', label: 'Disabled' },
  { value: 'faulty', label: 'Switched off by Panther' },
];
const SORTS = [
  { value: 'displayName', label: 'Name' },
  { value: 'matches', label: 'Most matches' },
  { value: 'severity', label: 'Most severe' },
  { value: 'updatedAt', label: 'Last changed' },
] as const;
const FILTERS = ['text', 'severity', 'logType', 'language', 'type', 'enabled', 'tag', 'report'];

export default function DetectionsPage() {
  const url = useUrlState();
  const pages = useApiPages('GET /detections', { query: queryOf(url) }, { keepsPrevious: true });
  const canEdit = useCan('analyst');
  const detections = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data]);
  const total = pages.data?.pages[0]?.total;
  const isFiltered = FILTERS.some((name) => url.has(name));
  return (
    <Page
      title="Detections"
      lead={total === undefined ? undefined : plural(total, 'detection')}
      actions={
        canEdit && (
          <ButtonLink to="/detections/new" look="primary" icon={<Plus aria-hidden />}>
            New detection
          </ButtonLink>
        )
      }
    >
      <SectionNav />
      <DetectionFilters url={url} isFiltered={isFiltered} />
      <Card flush>
        <Loaded query={pages} lines={12}>
          {() =>
            detections.length === 0 ? (
              <NoDetections isFiltered={isFiltered} />
            ) : (
              <DetectionTable detections={detections} />
            )
          }
        </Loaded>
      </Card>
      {pages.hasNextPage && (
        <div className={styles.more}>
          <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show more
          </Button>
          <span className={filters.count}>
            {formatNumber(detections.length)} of {formatNumber(total ?? detections.length)}
          </span>
        </div>
      )}
    </Page>
  );
}

function queryOf(url: UrlState): ListDetectionsQuery {
  const sort = SORTS.find(({ value }) => value === url.text('sort'))?.value ?? 'displayName';
  const enabled = url.text('enabled');
  return {
    limit: 100,
    sort,
    direction: sort === 'displayName' ? 'ascending' : 'descending',
    severity: url.list('severity', SEVERITIES),
    logType: url.list('logType'),
    language: url.list('language', LANGUAGES),
    type: url.list('type'),
    tag: url.list('tag'),
    ...(url.text('report') === '' ? {} : { report: url.text('report') }),
    ...(url.text('text') === '' ? {} : { text: url.text('text') }),
    ...stateQuery(enabled),
  };
}

function stateQuery(state: string): Pick<ListDetectionsQuery, 'enabled' | 'faulty'> {
  if (state === 'faulty') return { faulty: true };
  return state === '' ? {} : { enabled: state === 'true' };
}

function DetectionFilters({ url, isFiltered }: { readonly url: UrlState; readonly isFiltered: boolean }) {
  const logTypes = useApi('GET /log-types', {}, { staleTime: 5 * 60_000 });
  const { set } = url;
  const setText = useCallback((text: string) => set({ text }), [set]);
  const sort = SORTS.find(({ value }) => value === url.text('sort'))?.value ?? 'displayName';
  return (
    <search className={filters.bar}>
      <SearchInput
        label="Search detections"
        placeholder="Search id, name or description"
        value={url.text('text')}
        onChange={setText}
      />
      <PickMany
        label="Severity"
        options={SEVERITIES.map((value) => ({ value, label: sentence(value) }))}
        value={url.list('severity', SEVERITIES)}
        onChange={(severity) => set({ severity })}
      />
      <PickMany
        label="Log type"
        options={(logTypes.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
        value={url.list('logType')}
        onChange={(logType) => set({ logType })}
      />
      <PickMany
        label="Language"
        options={LANGUAGES.map((value) => ({ value, label: languageName(value) }))}
        value={url.list('language', LANGUAGES)}
        onChange={(language) => set({ language })}
      />
      <PickMany
        label="Type"
        options={TYPES.map((value) => ({ value, label: typeName(value) }))}
        value={url.list('type', TYPES)}
        onChange={(type) => set({ type })}
      />
      <PickOne label="State" options={STATES} value={url.text('enabled')} onChange={(enabled) => set({ enabled })} />
      <PickOne label="Sort" prefix="Sort:" options={SORTS} value={sort} onChange={(next) => set({ sort: next })} />
      {['report', 'tag'].flatMap((name) =>
        url.list(name).map((value) => (
          <Button
            key={`${name} ${value}`}
            small
            icon={<X aria-hidden />}
            aria-label={`Remove the filter ${value}`}
            onClick={() => set({ [name]: url.list(name).filter((other) => other !== value) })}
          >
            {value}
          </Button>
        )),
      )}
      {isFiltered && (
        <Button
          look="quiet"
          icon={<X aria-hidden />}
          onClick={() => set(Object.fromEntries(FILTERS.map((name) => [name, ''])))}
        >
          Reset
        </Button>
      )}
    </search>
  );
}

function NoDetections({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No detection matches the filter">Reset the filter to see all of them.</Empty>;
  return (
    <Empty title="No detections yet" icon={<Radar aria-hidden />}>
      Panther loads detections from its content folder when it starts.
    </Empty>
  );
}
