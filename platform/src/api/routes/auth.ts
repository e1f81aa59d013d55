/** Signing in and out, and the one-time links. */
import type { Transaction } from 'kysely';
import type { State } from '../../ports/state/state.ts';
import type { Tables, UsersTable } from '../../ports/state/tables.ts';
import { findInvitation, hasUsers, useInvitation } from '../auth/invitations.ts';
import { hashPassword, isPassword, spendPasswordTime } from '../auth/password.ts';
import { endSession, endSessions, findSession, startSession } from '../auth/sessions.ts';
import { csrfToken, randomId } from '../auth/tokens.ts';
import type { authRoutes, Session } from '../contract/auth.ts';
import type { RouteSpec } from '../contract/route.ts';
import { conflict, invalid, unauthenticated } from '../http/errors.ts';
import { take } from '../http/guard.ts';
import type { Caller, Context, Handlers } from '../http/handler.ts';
import { readSettings } from './settings.ts';

const MINUTE = 60_000;
/** Attempts on one account from one address; from everywhere the bound is wider, or anybody could lock anybody out. */
const FROM_ADDRESS = { count: 10, periodMs: 15 * MINUTE };
const FROM_ANYWHERE = { count: 100, periodMs: 60 * MINUTE };

export const authHandlers: Handlers<typeof authRoutes> = {
  async getSetup({ deps }) {
    return { required: !(await hasUsers(deps.state.db)) };
  },
  async completeSetup(context) {
    const { deps, body, audit } = context;
    const hash = await hashPassword(body.password, deps.randomBytes);
    const id = randomId(deps.randomBytes);
    const user = { id, email: body.email.toLowerCase(), name: body.name, role: 'admin' };
    await deps.state.transaction(async (tx) => {
      const userId = await useInvitation(tx, deps.clock, body.token);
      if (userId !== null) throw invalid('this link is for an invited user: open it as it was given to you', 'token');
      if (await hasUsers(tx)) throw conflict('the administrator has been created already: sign in');
      await tx
        .insertInto('users')
        .values({ ...user, ...newUser(deps.clock.now()), password_hash: hash })
        .execute();
    });
    audit.target = id;
    audit.actor = { id, name: body.name };
    return signInAs(context, id);
  },
  async signIn(context) {
    const { deps, body, request, limiter, audit } = context;
    const email = body.email.trim().toLowerCase();
    audit.target = email;
    const key = `sign-in ${email} ${request.ip}`;
    take(limiter, key, FROM_ADDRESS);
    take(limiter, `sign-in ${email}`, FROM_ANYWHERE);
    const user = await checkCredentials(deps.state, email, body.password);
    if (user === undefined) throw unauthenticated('the e-mail address or the password is wrong');
    limiter.forget(key);
    audit.actor = { id: user.id, name: user.name };
    return signInAs(context, user.id);
  },
  async getSession({ deps, caller }) {
    return describe(deps.state, caller);
  },
  async signOut({ deps, caller, cookie }) {
    if (caller.session !== undefined) await endSession(deps.state, caller.session.tokenHash);
    cookie.clear();
    return undefined;
  },
  async changePassword({ deps, caller, body, limiter, audit }) {
    audit.target = caller.id;
    take(limiter, `password ${caller.id}`, FROM_ADDRESS);
    const user = await checkCredentials(deps.state, caller.email ?? '', body.currentPassword);
    if (user === undefined) throw invalid('the current password is wrong', 'currentPassword');
    const hash = await hashPassword(body.newPassword, deps.randomBytes);
    await deps.state.transaction(async (tx) => {
      await tx.updateTable('users').set({ password_hash: hash }).where('id', '=', caller.id).execute();
      await endSessions(tx, caller.id, caller.session?.tokenHash);
    });
    return undefined;
  },
  async checkInvitation({ deps, body }) {
    const row = await findInvitation(deps.state.db, deps.clock, body.token);
    const user = row?.user_id ? await findUser(deps.state.db, row.user_id) : undefined;
    if (row === undefined || user === undefined) {
      throw invalid('this link is wrong, over or was used already: ask for a new one', 'token');
    }
    return { email: user.email, name: user.name, expiresAt: row.expires_at };
  },
  async acceptInvitation(context) {
    const { deps, body, audit } = context;
    const hash = await hashPassword(body.password, deps.randomBytes);
    const user = await deps.state.transaction((tx) => acceptFor(tx, context, hash));
    audit.target = user.id;
    audit.actor = { id: user.id, name: user.name };
    return signInAs(context, user.id);
  },
};

/** A new password ends every session that the old one had opened. */
async function acceptFor(
  tx: Transaction<Tables>,
  { deps, body }: Context<typeof authRoutes.acceptInvitation>,
  hash: string,
): Promise<UsersTable> {
  const userId = await useInvitation(tx, deps.clock, body.token);
  const user = userId === null ? undefined : await findUser(tx, userId);
  if (user === undefined || user.disabled_at !== null) throw invalid('this link cannot be used any more', 'token');
  const name = body.name ?? user.name;
  await tx.updateTable('users').set({ password_hash: hash, name }).where('id', '=', user.id).execute();
  await endSessions(tx, user.id);
  return { ...user, name };
}

async function checkCredentials(state: State, email: string, password: string): Promise<UsersTable | undefined> {
  const user = await state.db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  if (user?.password_hash == null || user.disabled_at !== null) {
    await spendPasswordTime(password);
    return undefined;
  }
  return (await isPassword(password, user.password_hash)) ? user : undefined;
}

function findUser(db: State['db'], id: string): Promise<UsersTable | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The columns of a user who was made just now. */
export function newUser(now: Date) {
  return { created_at: now.toISOString(), password_hash: null, last_sign_in_at: null, disabled_at: null };
}

async function signInAs(context: Context<RouteSpec>, userId: string): Promise<Session> {
  const { deps, request, cookie } = context;
  const { token, expiresAt } = await startSession(deps, userId, request);
  cookie.set(token, expiresAt);
  const caller = await findSession(deps, token);
  if (caller === undefined) throw unauthenticated('this user is disabled');
  return describe(deps.state, caller);
}

async function describe(state: State, caller: Caller): Promise<Session> {
  const { kind, id, name, email, role, expiresAt, session } = caller;
  return {
    actor: { kind, id, name, email, role },
    csrfToken: session === undefined ? null : csrfToken(session.token),
    expiresAt,
    organizationName: (await readSettings(state.db)).organizationName,
  };
}
