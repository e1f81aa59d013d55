/** API tokens: bearer credentials for programs, with a role that never exceeds their creator's. */
import type { Clock } from '../../ports/clock.ts';
import type { State } from '../../ports/state/state.ts';
import type { Role } from '../contract/route.ts';
import type { Caller } from '../http/handler.ts';
import { hashToken, isSameText, parseApiToken, weakerRole } from './tokens.ts';

/** Use times are written at most this often. */
const TOUCH_MS = 60_000;

/** Whom a bearer token speaks for; undefined when it is wrong, expired, revoked, or its creator is disabled or gone. */
export async function findTokenCaller(
  deps: { readonly state: State; readonly clock: Clock },
  text: string,
): Promise<Caller | undefined> {
  const given = parseApiToken(text);
  if (given === undefined) return undefined;
  const row = await deps.state.db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.created_by')
    .selectAll('api_tokens')
    .select(['users.role as creator_role', 'users.disabled_at'])
    .where('api_tokens.id', '=', given.id)
    .executeTakeFirst();
  if (row === undefined || !isSameText(row.token_hash, hashToken(given.secret))) return undefined;
  const now = deps.clock.now().toISOString();
  const isOver = row.expires_at !== null && row.expires_at <= now;
  if (isOver || row.revoked_at !== null || row.disabled_at !== null) return undefined;
  await touch(deps.state, row.id, row.last_used_at, now);
  const role = weakerRole(row.role as Role, row.creator_role as Role);
  const { id, name, created_by: userId, expires_at: expiresAt } = row;
  return { kind: 'token', id, userId, name, email: null, role, expiresAt };
}

async function touch(state: State, id: string, lastUsedAt: string | null, now: string): Promise<void> {
  if (lastUsedAt !== null && Date.parse(now) - Date.parse(lastUsedAt) < TOUCH_MS) return;
  await state.db.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', id).execute();
}
