/** Users. There is always an administrator who can sign in. */
import type { Transaction } from 'kysely';
import type { Tables, UsersTable } from '../../ports/state/tables.ts';
import { createInvitation } from '../auth/invitations.ts';
import { endSessions } from '../auth/sessions.ts';
import { randomId } from '../auth/tokens.ts';
import type { Role } from '../contract/route.ts';
import type { User, userRoutes } from '../contract/users.ts';
import { conflict, notFound } from '../http/errors.ts';
import type { Context, SomeHandlers } from '../http/handler.ts';
import { newUser } from './auth.ts';

type Operation = 'listUsers' | 'createUser' | 'inviteUser' | 'updateUser' | 'deleteUser';

export const userHandlers: SomeHandlers<typeof userRoutes, Operation> = {
  async listUsers({ deps }) {
    const rows = await deps.state.db.selectFrom('users').selectAll().orderBy('name').orderBy('id').execute();
    return { items: rows.map(toUser) };
  },
  async createUser({ deps, body, audit }) {
    const id = randomId(deps.randomBytes);
    const row = { id, email: body.email.toLowerCase(), name: body.name, role: body.role, ...newUser(deps.clock.now()) };
    await deps.state.transaction(async (tx) => {
      const same = await tx.selectFrom('users').select('id').where('email', '=', row.email).executeTakeFirst();
      if (same !== undefined) throw conflict(`there is a user with the address ${row.email} already`, 'email');
      await tx.insertInto('users').values(row).execute();
    });
    audit.target = id;
    return { user: toUser(row), invitation: await createInvitation(deps, id) };
  },
  async inviteUser({ deps, params }) {
    const user = await requireUser(deps.state.db, params.id);
    if (user.disabled_at !== null) throw conflict(`${user.name} is disabled: enable the user first`);
    return createInvitation(deps, user.id);
  },
  async updateUser(context) {
    const { deps, params, body } = context;
    return deps.state.transaction(async (tx) => {
      const before = await requireUser(tx, params.id);
      const after = changed(before, body, deps.clock.now());
      await tx.updateTable('users').set(after).where('id', '=', params.id).execute();
      await requireAdministrator(tx);
      if (after.disabled_at !== null) await endSessions(tx, params.id);
      return toUser(after);
    });
  },
  async deleteUser({ deps, params }) {
    await deps.state.transaction(async (tx) => {
      await tx.deleteFrom('users').where('id', '=', params.id).execute();
      await requireAdministrator(tx);
      await endSessions(tx, params.id);
      await tx.deleteFrom('invitations').where('user_id', '=', params.id).execute();
      await tx.deleteFrom('api_tokens').where('created_by', '=', params.id).execute();
      await tx.updateTable('alerts').set({ assignee: null }).where('assignee', '=', params.id).execute();
    });
    return undefined;
  },
};

function changed(user: UsersTable, body: Context<typeof userRoutes.updateUser>['body'], now: Date): UsersTable {
  const disabledAt = body.disabled === true ? (user.disabled_at ?? now.toISOString()) : null;
  return {
    ...user,
    name: body.name ?? user.name,
    role: body.role ?? user.role,
    disabled_at: body.disabled === undefined ? user.disabled_at : disabledAt,
  };
}

async function requireUser(db: Pick<Transaction<Tables>, 'selectFrom'>, id: string): Promise<UsersTable> {
  const user = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  if (user === undefined) throw notFound('user', id);
  return user;
}

async function requireAdministrator(tx: Transaction<Tables>): Promise<void> {
  const left = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .where('password_hash', 'is not', null)
    .executeTakeFirst();
  if (left === undefined) throw conflict('this is the last administrator: make somebody else one first');
}

function toUser(row: UsersTable): User {
  const status = row.disabled_at !== null ? 'disabled' : row.password_hash === null ? 'invited' : 'active';
  const { id, email, name, created_at: createdAt, last_sign_in_at: lastSignInAt } = row;
  return { id, email, name, role: row.role as Role, status, createdAt, lastSignInAt };
}
