import type { DetectionSummary } from '@panther/platform/contract';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';

const PAGE_SIZE = 200;

/** Every detection, read page by page. */
export function useAllDetections(): UseQueryResult<readonly DetectionSummary[]> {
  return useQuery({
    queryKey: ['GET /detections', 'all'],
    queryFn: ({ signal }) => readAll(signal),
    staleTime: 30_000,
  });
}

async function readAll(signal: AbortSignal): Promise<readonly DetectionSummary[]> {
  const all: DetectionSummary[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { limit: PAGE_SIZE, ...(cursor ? { cursor } : {}) };
    const page = await call('GET /detections', { query }, signal);
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}
