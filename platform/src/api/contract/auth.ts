/** Signing in and out, and one-time links. */
import { z } from 'zod';
import { Name, RoleSchema, Time } from './common.ts';
import { defineRoutes } from './route.ts';

export const Email = z.email().max(254);
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
});
