/** Reading and changing through the API, with caching. */
import {
  type InfiniteData,
  keepPreviousData,
  type UseInfiniteQueryResult,
  type UseMutationResult,
  type UseQueryOptions,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useNotify } from '../components/toasts.tsx';
import { type Ask, call, failureMessage, type Response, type Route } from './client.ts';

export type GetRoute = Extract<Route, `GET ${string}`>;
type PagedRoute = { [K in GetRoute]: Response<K> extends { nextCursor: string | null } ? K : never }[GetRoute];
type WriteRoute = Exclude<Route, GetRoute>;

type ReadOptions<T> = Pick<UseQueryOptions<T>, 'enabled' | 'refetchInterval' | 'staleTime' | 'placeholderData'>;

/** The cache key of a route's answers; without `ask`, of all of them. */
export function apiKey<K extends GetRoute>(route: K, ask?: Ask<K>): readonly unknown[] {
  return ask === undefined ? [route] : [route, ask];
}

/** Reads a route. */
export function useApi<K extends GetRoute>(
  route: K,
  ask: Ask<K>,
  options?: ReadOptions<Response<K>>,
): UseQueryResult<Response<K>> {
  return useQuery<Response<K>>({
    queryKey: apiKey(route, ask),
    queryFn: ({ signal }) => call(route, ask, signal),
    ...options,
  });
}

interface PagesOptions {
  readonly refetchInterval?: number;
  /** While another filter is asked for, the answer to the one before stays. */
  readonly keepsPrevious?: boolean;
}

/** Reads a route page by page. */
export function useApiPages<K extends PagedRoute>(
  route: K,
  ask: Ask<K>,
  options: PagesOptions = {},
): UseInfiniteQueryResult<InfiniteData<Response<K>>> {
  return useInfiniteQuery({
    queryKey: [route, ask, 'pages'],
    queryFn: ({ signal, pageParam }) => call(route, withCursor(ask, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page as { nextCursor: string | null }).nextCursor ?? undefined,
    ...(options.refetchInterval === undefined ? {} : { refetchInterval: options.refetchInterval }),
    ...(options.keepsPrevious ? { placeholderData: keepPreviousData } : {}),
  });
}

function withCursor<K extends Route>(ask: Ask<K>, cursor: string | undefined): Ask<K> {
  if (cursor === undefined) return ask;
  const query = (ask as { query?: object }).query;
  return { ...ask, query: { ...query, cursor } } as Ask<K>;
}

interface CommandOptions<K extends WriteRoute> {
  /** Routes whose cached answers the command makes stale. */
  readonly invalidates?: readonly GetRoute[];
  /** Toast when it is done. */
  readonly done?: string | ((response: Response<K>, ask: Ask<K>) => string);
  /** False where the caller shows the failure itself. */
  readonly announceFailure?: boolean;
}

/** Changes something: shows a toast, and refreshes what it changed. */
export function useCommand<K extends WriteRoute>(
  route: K,
  options: CommandOptions<K> = {},
): UseMutationResult<Response<K>, Error, Ask<K>> {
  const client = useQueryClient();
  const notify = useNotify();
  return useMutation<Response<K>, Error, Ask<K>>({
    mutationFn: (ask) => call(route, ask),
    onSuccess: async (response, ask) => {
      const { done } = options;
      if (done !== undefined) notify.done(typeof done === 'string' ? done : done(response, ask));
      await Promise.all((options.invalidates ?? []).map((stale) => client.invalidateQueries({ queryKey: [stale] })));
    },
    onError: (error) => {
      if (options.announceFailure !== false) notify.failed(failureMessage(error));
    },
  });
}
