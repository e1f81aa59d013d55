/** Who is signed in, and what they may do. */
import type { Role, Session } from '@panther/platform/contract';
import { type QueryClient, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { ApiFailure, call, rememberCsrfToken } from './client.ts';

const SESSION_KEY = ['session'];
const RANKS: Readonly<Record<Role, number>> = { 'read-only': 0, analyst: 1, admin: 2 };

const SessionContext = createContext<Session | undefined>(undefined);

export const SessionProvider = SessionContext.Provider;

/** The session of the signed-in user. Only below the shell. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('useSession is used outside the signed-in part of the console');
  return session;
}

/** True when the signed-in user has at least the role. */
export function useCan(role: Role): boolean {
  return RANKS[useSession().actor.role] >= RANKS[role];
}

/** Asks who is signed in; `null`: nobody. */
export function useSessionQuery() {
  return useQuery({ queryKey: SESSION_KEY, queryFn: readSession, staleTime: 5 * 60_000, retry: 1 });
}

async function readSession({ signal }: { signal: AbortSignal }): Promise<Session | null> {
  try {
    const session = await call('GET /session', {}, signal);
    rememberCsrfToken(session.csrfToken);
    return session;
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 401) return null;
    throw error;
  }
}

/** Puts a new session in place, after signing in or out. Nothing that another user has read is kept. */
export function replaceSession(client: QueryClient, session: Session | null): void {
  rememberCsrfToken(session?.csrfToken ?? null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  client.setQueryData(SESSION_KEY, session);
}

/** Called with every failure: an ended session leads back to the sign-in page. */
export function endSessionOn401(client: QueryClient, error: unknown): void {
  if (!(error instanceof ApiFailure) || error.status !== 401) return;
  if (client.getQueryData(SESSION_KEY)) replaceSession(client, null);
}
