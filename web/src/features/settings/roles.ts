import type { Role } from '@panther/platform/contract';

export const ROLE_OPTIONS: readonly { readonly value: Role; readonly label: string }[] = [
  { value: 'read-only', label: 'Read-only' },
  { value: 'analyst', label: 'Analyst' },
  { value: 'admin', label: 'Administrator' },
];

/** What each role may do, in a sentence. */
export const ROLE_HELP =
  'Read-only looks and searches; an analyst also works on alerts and detections; an administrator may do everything.';

export function roleName(role: Role): string {
  return ROLE_OPTIONS.find(({ value }) => value === role)?.label ?? role;
}
