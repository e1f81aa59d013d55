/** Users, their invitations, API tokens. */
import { z } from 'zod';
import { Email } from './auth.ts';
import { IdParams, list, Name, RoleSchema, Time } from './common.ts';
import { defineRoutes } from './route.ts';

export const UserSchema = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: RoleSchema,
    /** `invited`: the user has not set a password yet. */
    status: z.enum(['active', 'invited', 'disabled']),
    createdAt: Time,
    lastSignInAt: Time.nullable(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof UserSchema>;

/** A one-time link for the administrator to hand over; the token is not shown again. */
export const InvitationSchema = z
  .object({ token: z.string(), path: z.string(), expiresAt: Time })
  .meta({ id: 'Invitation' });
export type Invitation = z.infer<typeof InvitationSchema>;

export const ApiTokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: RoleSchema,
    createdBy: z.string(),
    createdAt: Time,
    expiresAt: Time.nullable(),
    lastUsedAt: Time.nullable(),
    revokedAt: Time.nullable(),
  })
  .meta({ id: 'ApiToken' });
export type ApiToken = z.infer<typeof ApiTokenSchema>;

export const userRoutes = defineRoutes({
  listUsers: {
    method: 'GET',
    path: '/users',
    summary: 'List users; other roles than admin see who can be assigned',
    role: 'read-only',
    response: list(UserSchema),
  },
  createUser: {
    method: 'POST',
    path: '/users',
    summary: 'Create a user and the one-time link to hand over',
    role: 'admin',
    body: z.object({ email: Email, name: Name, role: RoleSchema }),
    response: z.object({ user: UserSchema, invitation: InvitationSchema }),
    status: 201,
    audit: 'user.create',
    sessionOnly: true,
  },
  inviteUser: {
    method: 'POST',
    path: '/users/:id/invitation',
    summary: 'Make a new one-time link: invite again, or reset the password',
    role: 'admin',
    params: IdParams,
    response: InvitationSchema,
    status: 201,
    audit: 'invitation.create',
    sessionOnly: true,
  },
  updateUser: {
    method: 'PATCH',
    path: '/users/:id',
    summary: 'Change name or role, disable or enable a user',
    role: 'admin',
    params: IdParams,
    body: z.object({ name: Name.optional(), role: RoleSchema.optional(), disabled: z.boolean().optional() }),
    response: UserSchema,
    audit: 'user.update',
    sessionOnly: true,
  },
  deleteUser: {
    method: 'DELETE',
    path: '/users/:id',
    summary: 'Delete a user',
    role: 'admin',
    params: IdParams,
    response: 'none',
    audit: 'user.delete',
    sessionOnly: true,
  },
  listTokens: {
    method: 'GET',
    path: '/tokens',
    summary: 'List API tokens: all for an administrator, else the own ones',
    role: 'read-only',
    response: list(ApiTokenSchema),
  },
  createToken: {
    method: 'POST',
    path: '/tokens',
    summary: 'Create an API token, shown once, with a role up to the own',
    role: 'read-only',
    body: z.object({ name: Name, role: RoleSchema, expiresInDays: z.int().min(1).max(3650).optional() }),
    response: z.object({ token: ApiTokenSchema, secret: z.string() }),
    status: 201,
    audit: 'token.create',
    sessionOnly: true,
  },
  revokeToken: {
    method: 'DELETE',
    path: '/tokens/:id',
    summary: 'Revoke an API token',
    role: 'read-only',
    params: IdParams,
    response: 'none',
    audit: 'token.revoke',
    sessionOnly: true,
  },
});
