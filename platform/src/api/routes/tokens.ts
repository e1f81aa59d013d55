/** API tokens. */
import type { ApiTokensTable } from '../../ports/state/tables.ts';
import { formatApiToken, hashToken, hasRole, randomId, randomToken } from '../auth/tokens.ts';
import type { Role } from '../contract/route.ts';
import type { ApiToken, userRoutes } from '../contract/users.ts';
import { forbidden, notFound } from '../http/errors.ts';
import type { SomeHandlers } from '../http/handler.ts';

const DAY = 86_400_000;

export const tokenHandlers: SomeHandlers<typeof userRoutes, 'listTokens' | 'createToken' | 'revokeToken'> = {
  async listTokens({ deps, caller }) {
    const all = deps.state.db.selectFrom('api_tokens').selectAll().orderBy('created_at', 'desc').orderBy('id');
    const rows = await (caller.role === 'admin' ? all : all.where('created_by', '=', caller.userId)).execute();
    return { items: rows.map(toToken) };
  },
  async createToken({ deps, caller, body, audit }) {
    if (!hasRole(caller.role, body.role)) throw forbidden(`a token cannot have more rights than you: ${caller.role}`);
    const now = deps.clock.now();
    const id = randomId(deps.randomBytes);
    const secret = randomToken(deps.randomBytes);
    const days = body.expiresInDays;
    const row: ApiTokensTable = {
      id,
      name: body.name,
      token_hash: hashToken(secret),
      role: body.role,
      created_by: caller.userId,
      created_at: now.toISOString(),
      expires_at: days === undefined ? null : new Date(now.getTime() + days * DAY).toISOString(),
      last_used_at: null,
      revoked_at: null,
    };
    await deps.state.db.insertInto('api_tokens').values(row).execute();
    audit.target = id;
    return { token: toToken(row), secret: formatApiToken(id, secret) };
  },
  async revokeToken({ deps, caller, params }) {
    const row = await deps.state.db.selectFrom('api_tokens').selectAll().where('id', '=', params.id).executeTakeFirst();
    // Somebody else's token is as good as none.
    const isOwn = caller.role === 'admin' || row?.created_by === caller.userId;
    if (row === undefined || !isOwn) throw notFound('API token', params.id);
    const revoked_at = row.revoked_at ?? deps.clock.now().toISOString();
    await deps.state.db.updateTable('api_tokens').set({ revoked_at }).where('id', '=', params.id).execute();
    return undefined;
  },
};

function toToken(row: ApiTokensTable): ApiToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
