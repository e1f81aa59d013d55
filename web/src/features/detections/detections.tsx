import type { DetectionSummary, ListDetectionsQuery } from '@panther/platform/contract';
import { Radar, X } from 'lucide-react';
import { useCallback } from 'react';
import { Link } from 'react-router';
import { useApi, useApiPages } from '../../api/hooks.ts';
import { SEVERITIES, SeverityBadge, sentence, Tag } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { cx } from '../../components/cx.ts';
import filters from '../../components/filters.module.css';
import { formatNumber, plural } from '../../components/format.ts';
import { Card, Page } from '../../components/page.tsx';
import { PickMany, PickOne } from '../../components/pick.tsx';
import { SearchInput } from '../../components/search-input.tsx';
import { Empty, Loaded } from '../../components/states.tsx';
import table from '../../components/table.module.css';
import { type UrlState, useUrlState } from '../../components/url-state.ts';
import styles from './detections.module.css';
import { EnableSwitch } from './enable-switch.tsx';

const LANGUAGES = ['python', 'typescript', 'sigma', 'yaml'] as const;
const STATES = [
  { value: '', label: 'Any state' },
  { value: 'true', label: 'Enabled' },
  { value: 'false', label: 'Disabled' },
];
const SORTS = [
  { value: 'displayName', label: 'Name' },
  { value: 'matches', label: 'Most matches' },
  { value: 'severity', label: 'Most severe' },
  { value: 'updatedAt', label: 'Last changed' },
] as const;
const FILTERS = ['text', 'severity', 'logType', 'language', 'enabled', 'tag'];

export default function DetectionsPage() {
  const url = useUrlState();
  const pages = useApiPages('GET /detections', { query: queryOf(url) }, { keepsPrevious: true });
  const detections = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  const total = pages.data?.pages[0]?.total;
  const isFiltered = FILTERS.some((name) => url.has(name));
  return (
    <Page title="Detections" lead={total === undefined ? undefined : plural(total, 'detection')}>
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
    tag: url.list('tag'),
    ...(url.text('text') === '' ? {} : { text: url.text('text') }),
    ...(enabled === '' ? {} : { enabled: enabled === 'true' }),
  };
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
      <PickOne label="State" options={STATES} value={url.text('enabled')} onChange={(enabled) => set({ enabled })} />
      <PickOne label="Sort" prefix="Sort:" options={SORTS} value={sort} onChange={(next) => set({ sort: next })} />
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

export function languageName(language: DetectionSummary['language']): string {
  return { python: 'Python', typescript: 'TypeScript', sigma: 'Sigma', yaml: 'YAML' }[language];
}

function NoDetections({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No detection matches the filter">Reset the filter to see all of them.</Empty>;
  return (
    <Empty title="No detections yet" icon={<Radar aria-hidden />}>
      Panther loads detections from its content folder when it starts.
    </Empty>
  );
}

function DetectionTable({ detections }: { readonly detections: readonly DetectionSummary[] }) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Enabled</th>
          <th>Detection</th>
          <th>Severity</th>
          <th className={table.hideMedium}>Log types</th>
          <th className={table.hideMedium}>Language</th>
          <th className={cx(table.number, table.hideSmall)}>Tests</th>
          <th className={cx(table.number, table.hideSmall)}>Matches, 7 d</th>
          <th className={cx(table.number, table.hideSmall)}>Errors, 7 d</th>
        </tr>
      </thead>
      <tbody>
        {detections.map((detection) => (
          <tr key={detection.id}>
            <td>
              <EnableSwitch detection={detection} />
            </td>
            <td>
              <Link to={`/detections/${encodeURIComponent(detection.id)}`} className={table.main}>
                {detection.displayName || detection.id}
              </Link>
              <span className={table.sub}>
                {detection.type === 'rule' ? detection.id : `${sentence(detection.type)} · ${detection.id}`}
              </span>
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
            <td className={cx(table.hideMedium, table.dim)}>{languageName(detection.language)}</td>
            <td className={cx(table.number, table.hideSmall)}>{formatNumber(detection.testCount)}</td>
            <td className={cx(table.number, table.hideSmall)}>{formatNumber(detection.last7Days.matches)}</td>
            <td className={cx(table.number, table.hideSmall)}>
              {detection.last7Days.errors > 0 ? (
                <strong className={styles.errors}>{formatNumber(detection.last7Days.errors)}</strong>
              ) : (
                0
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
