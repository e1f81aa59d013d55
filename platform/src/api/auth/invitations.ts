/** One-time links: for the first administrator, for invited users, for a forgotten password. */
import type { Transaction } from 'kysely';
import type { Clock } from '../../ports/clock.ts';
import type { State } from '../../ports/state/state.ts';
import type { Tables } from '../../ports/state/tables.ts';
import type { Invitation } from '../contract/users.ts';
import { invalid } from '../http/errors.ts';
import { hashToken, randomToken } from './tokens.ts';

const SETUP_MS = 24 * 3_600_000;
const INVITATION_MS = 7 * 86_400_000;

interface Deps {
  readonly state: State;
  readonly clock: Clock;
  randomBytes(size: number): Uint8Array;
}

/**
 * The one-time link for creating the administrator, as long as there is no user; a new one at every call, and earlier
 * ones end. `path` is relative to the console's address: `/setup?token=…`.
 */
export async function ensureFirstAdministrator(
  state: State,
  clock: Clock,
  randomBytes: (size: number) => Uint8Array,
): Promise<Invitation | undefined> {
  if (await hasUsers(state.db)) return undefined;
  return createInvitation({ state, clock, randomBytes }, null);
}

export async function hasUsers(db: State['db']): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Makes a link for a user (null: for the first administrator); earlier ones for the same user end. */
export async function createInvitation(deps: Deps, userId: string | null): Promise<Invitation> {
  const now = deps.clock.now();
  const token = randomToken(deps.randomBytes);
  const expiresAt = new Date(now.getTime() + (userId === null ? SETUP_MS : INVITATION_MS)).toISOString();
  await deps.state.transaction(async (tx) => {
    await tx
      .deleteFrom('invitations')
      .where('user_id', userId === null ? 'is' : '=', userId)
      .execute();
    await tx
      .insertInto('invitations')
      .values({
        token_hash: hashToken(token),
        user_id: userId,
        created_at: now.toISOString(),
        expires_at: expiresAt,
        used_at: null,
      })
      .execute();
  });
  return { token, path: `/${userId === null ? 'setup' : 'invitation'}?token=${token}`, expiresAt };
}

/** The link's row while it can be used; undefined when it is unknown, used or over. */
export function findInvitation(db: State['db'], clock: Clock, token: string) {
  return db
    .selectFrom('invitations')
    .selectAll()
    .where('token_hash', '=', hashToken(token))
    .where('used_at', 'is', null)
    .where('expires_at', '>', clock.now().toISOString())
    .executeTakeFirst();
}

/** Marks a link as used, for exactly one caller. @throws HttpError when it cannot be used (any more). */
export async function useInvitation(tx: Transaction<Tables>, clock: Clock, token: string): Promise<string | null> {
  const row = await findInvitation(tx, clock, token);
  if (row === undefined) throw invalid('this link is wrong, over or was used already: ask for a new one', 'token');
  await tx
    .updateTable('invitations')
    .set({ used_at: clock.now().toISOString() })
    .where('token_hash', '=', row.token_hash)
    .execute();
  return row.user_id;
}
