import type { Session } from '@panther/platform/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ApiFailure, type Ask, call } from '../../api/client.ts';
import { replaceSession } from '../../api/session.tsx';

type SignInRoute = 'POST /setup' | 'POST /session' | 'POST /invitations/accept';

/** A command that ends with being signed in; its failure is shown in the form. */
export function useGuestCommand<K extends SignInRoute>(route: K, signedIn?: () => void) {
  const client = useQueryClient();
  const command = useMutation<Session, ApiFailure, Ask<K>>({
    mutationFn: (ask) => call(route, ask) as Promise<Session>,
    onSuccess: (session) => {
      signedIn?.();
      replaceSession(client, session);
    },
  });
  return { failure: command.error, isBusy: command.isPending, send: (ask: Ask<K>) => command.mutate(ask) };
}
