/** Random secrets that callers hold and Panther keeps only as hashes. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { sha256Hex } from '../../core/ids.ts';
import { ROLES, type Role } from '../contract/route.ts';

type RandomBytes = (size: number) => Uint8Array;

/** 32 random bytes; enough that a plain hash of them is safe to keep. */
export function randomToken(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(32)).toString('base64url');
}

export function randomId(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(16)).toString('hex');
}

export function hashToken(token: string): string {
  return sha256Hex(token);
}

/** Compares without telling by its duration where two texts differ. */
export function isSameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** `pat_<id>_<secret>`: the id finds the row, the secret proves the right to it. */
export function formatApiToken(id: string, secret: string): string {
  return `pat_${id}_${secret}`;
}

export function parseApiToken(text: string): { id: string; secret: string } | undefined {
  const match = /^pat_([0-9a-f]{32})_([\w-]{43})$/.exec(text);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { id: match[1], secret: match[2] };
}

/** Sent back as a header by the console, which learns it from the answer to signing in; other sites cannot. */
export function csrfToken(sessionToken: string): string {
  return createHash('sha256').update(`csrf:${sessionToken}`).digest('base64url');
}

export function hasRole(actual: Role, least: Role): boolean {
  return ROLES.indexOf(actual) >= ROLES.indexOf(least);
}

export function weakerRole(one: Role, other: Role): Role {
  return hasRole(one, other) ? other : one;
}
