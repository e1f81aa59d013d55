import { useMemo } from 'react';
import { useApi } from '../../api/hooks.ts';
import { type EventField, fieldsOfColumns, mergeFields } from './completion/event-fields.ts';

/** The fields of the events of these log types, as the lake has them; what is unknown has none. */
export function useEventFields(logTypes: readonly string[]): readonly EventField[] {
  const schema = useApi('GET /query/schema', {}, { staleTime: 10 * 60_000 });
  return useMemo(() => {
    const tables = (schema.data?.databases ?? []).find(({ name }) => name === 'panther_logs')?.tables ?? [];
    const wanted = tables.filter(({ logType }) => logType !== null && logTypes.includes(logType));
    return mergeFields(wanted.map(({ columns }) => fieldsOfColumns(columns)));
  }, [schema.data, logTypes]);
}
