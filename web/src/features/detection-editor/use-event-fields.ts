import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '../../api/client.ts';
import { type EventField, fieldsOfColumns, mergeFields } from './completion/event-fields.ts';

const MOST_LOG_TYPES = 8;

/** The fields of the events of these log types; what is unknown has none. */
export function useEventFields(logTypes: readonly string[]): readonly EventField[] {
  const answers = useQueries({
    queries: logTypes.slice(0, MOST_LOG_TYPES).map((name) => ({
      queryKey: ['GET /log-types/:name', { params: { name } }],
      queryFn: () => call('GET /log-types/:name', { params: { name } }),
      staleTime: 10 * 60_000,
      retry: false,
    })),
  });
  const loaded = answers.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const key = loaded.map(({ name }) => name).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log type's columns do not change while one edits
  return useMemo(() => mergeFields(loaded.map(({ columns }) => fieldsOfColumns(columns))), [key]);
}
