import { CSPProvider } from '@base-ui/react/csp-provider';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { ApiFailure } from './api/client.ts';
import { cspNonce } from './api/nonce.ts';
import { endSessionOn401, SessionProvider, useSessionQuery } from './api/session.tsx';
import { Failed, Skeleton } from './components/states.tsx';
import { ToastProvider } from './components/toasts.tsx';
import { ConsoleRoutes, GuestRoutes } from './routes.tsx';

export function App() {
  const [client] = useState(makeQueryClient);
  const [nonce] = useState(cspNonce);
  return (
    <CSPProvider nonce={nonce}>
      <QueryClientProvider client={client}>
        <ToastProvider>
          <Suspense fallback={<Skeleton lines={10} />}>
            <Gate />
          </Suspense>
        </ToastProvider>
      </QueryClientProvider>
    </CSPProvider>
  );
}

/** Guests see the sign-in page whatever the address; once they are signed in, they are where they wanted to go. */
function Gate() {
  const session = useSessionQuery();
  if (session.data === undefined && session.isPending) return <Skeleton lines={10} />;
  if (session.data === undefined) return <Failed error={session.error} retry={() => void session.refetch()} />;
  if (session.data === null) return <GuestRoutes />;
  return (
    <SessionProvider value={session.data}>
      <ConsoleRoutes />
    </SessionProvider>
  );
}

const RETRIES = 2;

/** Answers stay fresh for ten seconds; what the API refuses is not asked again. */
export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => endSessionOn401(client, error) }),
    mutationCache: new MutationCache({ onError: (error) => endSessionOn401(client, error) }),
    defaultOptions: {
      queries: { staleTime: 10_000, retry: (count, error) => count < RETRIES && isWorthRetrying(error) },
    },
  });
  return client;
}

function isWorthRetrying(error: unknown): boolean {
  return error instanceof ApiFailure && (error.status === 0 || error.status >= 500);
}
