/** Signing in, users, invitations, API tokens. */
import { z } from 'zod';
import { IdParams, list, Name, RoleSchema, Time } from './common.ts';
import { defineRoutes } from './route.ts';

const Email = z.email().max(254);
const Password = z.string().min(12, 'must have at least 12 characters').max(200);
const LinkToken = z.string().min(1).max(200);

export const SessionSchema = z
  .object({
    actor: z.object({
      kind: z.enum(['user', 'token']),
      id: z.string(),
      name: z.string(),
      email: z.string().nullable(),
      role: RoleSchema,
    }),
    /** Send it as header `x-csrf-token` with every request that is not a GET; null for an API token. */
    csrfToken: z.string().nullable(),
    /** When the session ends at the latest; null for an API token that does not expire. */
    expiresAt: Time.nullable(),
    organizationName: z.string(),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof SessionSchema>;

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

export const authRoutes = defineRoutes({
  getSetup: {
    method: 'GET',
    path: '/setup',
    summary: 'Tell whether the first administrator is still to be created',
    role: 'public',
    response: z.object({ required: z.boolean() }),
  },
  completeSetup: {
    method: 'POST',
    path: '/setup',
    summary: 'Create the first administrator with the one-time link, and sign in',
    role: 'public',
    body: z.object({ token: LinkToken, email: Email, name: Name, password: Password }),
    response: SessionSchema,
    status: 201,
    limits: { perMinute: 10 },
    audit: 'user.create',
  },
  signIn: {
    method: 'POST',
    path: '/session',
    summary: 'Sign in with e-mail address and password',
    role: 'public',
    body: z.object({ email: z.string().min(1).max(254), password: z.string().min(1).max(200) }),
    response: SessionSchema,
    status: 201,
    limits: { perMinute: 20 },
    audit: 'session.create',
  },
  getSession: {
    method: 'GET',
    path: '/session',
    summary: 'Tell who is signed in',
    role: 'read-only',
    response: SessionSchema,
  },
  signOut: {
    method: 'DELETE',
    path: '/session',
    summary: 'Sign out',
    role: 'read-only',
    response: 'none',
    audit: 'session.delete',
    sessionOnly: true,
  },
  changePassword: {
    method: 'PUT',
    path: '/session/password',
    summary: 'Change the own password; ends all other sessions of the user',
    role: 'read-only',
    body: z.object({ currentPassword: z.string().min(1).max(200), newPassword: Password }),
    response: 'none',
    limits: { perMinute: 10 },
    audit: 'user.password',
    sessionOnly: true,
  },
  checkInvitation: {
    method: 'POST',
    path: '/invitations/check',
    summary: 'Tell whom a one-time link is for',
    role: 'public',
    body: z.object({ token: LinkToken }),
    response: z.object({ email: z.string(), name: z.string(), expiresAt: Time }),
    limits: { perMinute: 20 },
  },
  acceptInvitation: {
    method: 'POST',
    path: '/invitations/accept',
    summary: 'Set a password with the one-time link, and sign in',
    role: 'public',
    body: z.object({ token: LinkToken, name: Name.optional(), password: Password }),
    response: SessionSchema,
    status: 201,
    limits: { perMinute: 10 },
    audit: 'invitation.accept',
  },
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
