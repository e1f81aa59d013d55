/** The audit log: every write, who asked for it, what for, and how it ended. Secrets stay out of it. */
import type { Changer } from '../../detections/packs/stored.ts';
import type { RouteSpec } from '../contract/route.ts';
import type { ApiDeps } from '../deps.ts';
import type { AuditNote, Caller } from './handler.ts';

const SECRET = /password|token|secret|authorization|credential|api_?key/i;
/** Of an address: tokens are often written there. */
const USER_IN_URL = /(?<=\w:)\/\/[^/\s@]+@/g;
const MAX_TEXT = 2_000;
const MAX_ITEMS = 50;

export interface AuditEvent {
  readonly route: RouteSpec;
  readonly caller: Caller | undefined;
  readonly note: AuditNote;
  readonly body: unknown;
  readonly ip: string;
  readonly status: number;
}

/** Adds an entry; a failure to is logged, since what was done is done. */
export async function writeAudit(deps: ApiDeps, event: AuditEvent): Promise<void> {
  const { route, caller, note, ip, status } = event;
  if (route.audit === undefined) return;
  const actor = caller === undefined ? note.actor : { id: actorId(caller), name: caller.name };
  try {
    await deps.state.db
      .insertInto('audit_log')
      .values({
        at: deps.clock.now().toISOString(),
        actor: actor?.id ?? 'anonymous',
        actor_name: actor?.name ?? '',
        action: route.audit,
        target: note.target.slice(0, 300),
        ip,
        status,
        details: JSON.stringify(redact({ ...asObject(event.body), ...note.details })),
      })
      .execute();
  } catch (error) {
    deps.log.error({ action: route.audit, target: note.target, error }, 'audit entry was not written');
  }
}

/** User id, or `token:<id>`. */
export function actorId(caller: Caller): string {
  return caller.kind === 'user' ? caller.id : `token:${caller.id}`;
}

/** For the record of changes. */
export function changerOf(caller: Caller, note = ''): Changer {
  return { id: actorId(caller), name: caller.name, note };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Of a unit's configuration only the names of the fields are kept: which ones are secret is the unit's knowledge. */
function redact(details: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(details).map(([name, value]) => {
    if (name === 'config') return [name, Object.keys(asObject(value))] as const;
    return [name, redactValue(name, value)] as const;
  });
  return Object.fromEntries(entries);
}

function redactValue(name: string, value: unknown): unknown {
  if (name === 'base64' && typeof value === 'string') return `[${Math.floor((value.length * 3) / 4)} bytes]`;
  if (SECRET.test(name)) return '[redacted]';
  if (typeof value === 'string') return value.slice(0, MAX_TEXT).replaceAll(USER_IN_URL, '//[redacted]@');
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue('', item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactValue(key, inner)]));
}
