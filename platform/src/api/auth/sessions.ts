/** Sessions of signed-in users: a random cookie, kept as a hash; ended by 12 idle hours or after 7 days. */
import type { Clock } from '../../ports/clock.ts';
import type { State } from '../../ports/state/state.ts';
import type { Role } from '../contract/route.ts';
import type { Caller } from '../http/handler.ts';
import { hashToken, randomToken } from './tokens.ts';

export const IDLE_MS = 12 * 3_600_000;
export const ABSOLUTE_MS = 7 * 86_400_000;
/** Seen times are written at most this often: they would cost a commit for every request. */
const TOUCH_MS = 60_000;

interface Deps {
  readonly state: State;
  readonly clock: Clock;
  randomBytes(size: number): Uint8Array;
}

export interface NewSession {
  readonly token: string;
  readonly expiresAt: Date;
}

export async function startSession(
  deps: Deps,
  userId: string,
  from: { readonly ip: string; readonly userAgent: string },
): Promise<NewSession> {
  const now = deps.clock.now();
  const token = randomToken(deps.randomBytes);
  const expiresAt = new Date(now.getTime() + ABSOLUTE_MS);
  await deps.state.transaction(async (tx) => {
    await tx.deleteFrom('sessions').where('expires_at', '<=', now.toISOString()).execute();
    await tx
      .insertInto('sessions')
      .values({
        token_hash: hashToken(token),
        user_id: userId,
        created_at: now.toISOString(),
        last_seen_at: now.toISOString(),
        expires_at: expiresAt.toISOString(),
        ip: from.ip,
        user_agent: from.userAgent.slice(0, 300),
      })
      .execute();
    await tx.updateTable('users').set({ last_sign_in_at: now.toISOString() }).where('id', '=', userId).execute();
  });
  return { token, expiresAt };
}

/** Who holds the session's cookie; undefined when it is over, or the user is disabled or gone. */
export async function findSession(deps: Deps, token: string): Promise<Caller | undefined> {
  const tokenHash = hashToken(token);
  const row = await deps.state.db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.last_seen_at', 'sessions.expires_at', 'users.id', 'users.name', 'users.email', 'users.role'])
    .where('sessions.token_hash', '=', tokenHash)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const now = deps.clock.now();
  const idleMs = now.getTime() - Date.parse(row.last_seen_at);
  if (row.expires_at <= now.toISOString() || idleMs >= IDLE_MS) return undefined;
  if (idleMs >= TOUCH_MS) await touch(deps, tokenHash, now);
  const { id, name, email, role } = row;
  const session = { token, tokenHash };
  return { kind: 'user', id, userId: id, name, email, role: role as Role, expiresAt: row.expires_at, session };
}

async function touch(deps: Deps, tokenHash: string, now: Date): Promise<void> {
  await deps.state.db
    .updateTable('sessions')
    .set({ last_seen_at: now.toISOString() })
    .where('token_hash', '=', tokenHash)
    .execute();
}

export async function endSession(state: State, tokenHash: string): Promise<void> {
  await state.db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
}

/** Signs a user out everywhere, or everywhere else. */
export async function endSessions(db: State['db'], userId: string, exceptTokenHash = ''): Promise<void> {
  await db.deleteFrom('sessions').where('user_id', '=', userId).where('token_hash', '!=', exceptTokenHash).execute();
}
