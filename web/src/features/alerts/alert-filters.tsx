import { X } from 'lucide-react';
import { useCallback } from 'react';
import { useApi } from '../../api/hooks.ts';
import { ALERT_STATUSES, SEVERITIES, sentence } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import filters from '../../components/filters.module.css';
import { type Option, PickMany, PickOne } from '../../components/pick.tsx';
import { SearchInput } from '../../components/search-input.tsx';
import type { UrlState } from '../../components/url-state.ts';
import {
  ALERT_TYPES,
  ANY_STATUS,
  EVENT_COUNTS,
  isFiltered,
  NO_FILTERS,
  SORTS,
  statusesOf,
  TIMES,
} from './alert-filter.ts';

const options = <T extends string>(values: readonly T[]): Option<T>[] =>
  values.map((value) => ({ value, label: sentence(value) }));

const ASSIGNEES = [
  { value: '', label: 'Anybody' },
  { value: 'me', label: 'Me' },
  { value: 'none', label: 'Nobody' },
];

export function AlertFilters({ url }: { readonly url: UrlState }) {
  const logTypes = useApi('GET /log-types', {}, { staleTime: 5 * 60_000 });
  const rules = useApi('GET /detections', { query: { limit: 200 } }, { staleTime: 60_000 });
  const { set } = url;
  const setText = useCallback((text: string) => set({ text }), [set]);
  const ruleId = url.text('ruleId');
  const ruleOptions = (rules.data?.items ?? []).map(({ id, displayName }) => ({ value: id, label: displayName || id }));
  if (ruleId !== '' && !ruleOptions.some(({ value }) => value === ruleId)) {
    ruleOptions.push({ value: ruleId, label: ruleId });
  }
  const assignee = url.text('assignee');
  return (
    <search className={filters.bar}>
      <SearchInput
        label="Search alerts"
        placeholder="Search title or rule"
        value={url.text('text')}
        onChange={setText}
      />
      <PickMany
        label="Status"
        options={options(ALERT_STATUSES)}
        value={statusesOf(url)}
        onChange={(status) => set({ status: status.length === 0 ? [ANY_STATUS] : status })}
      />
      <PickMany
        label="Severity"
        options={options(SEVERITIES)}
        value={url.list('severity', SEVERITIES)}
        onChange={(severity) => set({ severity })}
      />
      <PickMany
        label="Type"
        options={options(ALERT_TYPES)}
        value={url.list('type', ALERT_TYPES)}
        onChange={(type) => set({ type })}
      />
      <PickMany
        label="Log type"
        options={(logTypes.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
        value={url.list('logType')}
        onChange={(logType) => set({ logType })}
      />
      <PickMany
        label="Rule"
        options={ruleOptions}
        value={ruleId === '' ? [] : [ruleId]}
        onChange={(chosen) => set({ ruleId: chosen.at(-1) ?? '' })}
      />
      <PickOne
        label="Assignee"
        prefix="Assigned to"
        options={ASSIGNEES}
        value={assignee}
        onChange={(next) => set({ assignee: next })}
      />
      <PickOne label="Created" options={TIMES} value={url.text('created')} onChange={(created) => set({ created })} />
      <PickOne
        label="Number of events"
        options={EVENT_COUNTS}
        value={url.text('events')}
        onChange={(events) => set({ events })}
      />
      {isFiltered(url) && (
        <Button look="quiet" icon={<X aria-hidden />} onClick={() => set(NO_FILTERS)}>
          Reset
        </Button>
      )}
    </search>
  );
}

/** The order of the list. */
export function AlertSort({ url }: { readonly url: UrlState }) {
  return (
    <PickOne
      label="Sort"
      prefix="Sort:"
      options={SORTS}
      value={sortOf(url)}
      onChange={(sort) => url.set({ sort: sort === 'createdAt' ? '' : sort })}
    />
  );
}

function sortOf(url: UrlState) {
  return SORTS.find(({ value }) => value === url.text('sort'))?.value ?? 'createdAt';
}
