/** The filter of the alert list: what the address says, and what the API is asked. */
import type { AlertSummary, ListAlertsQuery } from '@panther/platform/contract';
import { ALERT_STATUSES, SEVERITIES } from '../../components/badge.tsx';
import type { UrlState } from '../../components/url-state.ts';

export type AlertType = AlertSummary['type'];
type Sort = NonNullable<ListAlertsQuery['sort']>;

export const ALERT_TYPES: readonly AlertType[] = ['RULE', 'RULE_ERROR', 'POLICY'];
export const DEFAULT_STATUSES: readonly AlertSummary['status'][] = ['OPEN', 'TRIAGED'];
/** Stands in the address for an empty choice, since no parameter means the default. */
export const ANY_STATUS = 'ANY';

export const SORTS: readonly { readonly value: Sort; readonly label: string }[] = [
  { value: 'createdAt', label: 'Newest' },
  { value: 'updatedAt', label: 'Last updated' },
  { value: 'severity', label: 'Most severe' },
  { value: 'eventCount', label: 'Most events' },
];

export const TIMES = [
  { value: '', label: 'Any time' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
];
export const EVENT_COUNTS = [
  { value: '', label: 'Any count' },
  { value: '2', label: '2 events or more' },
  { value: '10', label: '10 events or more' },
  { value: '100', label: '100 events or more' },
];

const TIME_MS: Readonly<Record<string, number>> = {
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 604_800_000,
  '30d': 2_592_000_000,
};

export function statusesOf(url: UrlState): readonly AlertSummary['status'][] {
  return url.has('status') ? url.list('status', ALERT_STATUSES) : DEFAULT_STATUSES;
}

/** The API's query. `nowMs` is what `created=24h` counts back from. */
export function alertQuery(url: UrlState, nowMs: number): ListAlertsQuery {
  const back = TIME_MS[url.text('created')];
  const least = Math.trunc(Number(url.text('events'))) || 0;
  const sort = SORTS.find(({ value }) => value === url.text('sort'))?.value ?? 'createdAt';
  return {
    status: [...statusesOf(url)],
    severity: url.list('severity', SEVERITIES),
    type: url.list('type', ALERT_TYPES),
    logType: url.list('logType'),
    sort,
    direction: 'descending',
    limit: 50,
    ...textOf('text', url),
    ...textOf('ruleId', url),
    ...textOf('assignee', url),
    ...(least > 0 ? { eventCountMin: least } : {}),
    ...(back === undefined
      ? {}
      : { createdAfter: new Date(Math.floor((nowMs - back) / 60_000) * 60_000).toISOString() }),
  };
}

function textOf(name: 'text' | 'ruleId' | 'assignee', url: UrlState): Partial<ListAlertsQuery> {
  const value = url.text(name);
  return value === '' ? {} : { [name]: value };
}

const FILTERS = ['status', 'severity', 'type', 'logType', 'text', 'ruleId', 'assignee', 'created', 'events'];

/** True when the list is not what it shows at first. */
export function isFiltered(url: UrlState): boolean {
  return FILTERS.some((name) => url.has(name));
}

/** Changes for `UrlState.set` that bring the first view back. */
export const NO_FILTERS: Readonly<Record<string, string>> = Object.fromEntries(FILTERS.map((name) => [name, '']));
