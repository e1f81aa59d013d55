/** Exceptions: made only when they hide nothing that is known to be right, unless somebody says why. */
import { UserError } from '../../core/errors.ts';
import { checkConditions } from '../../detections/exceptions/exception.ts';
import { suggestConditions } from '../../detections/exceptions/suggest.ts';
import type { ExceptionsTable } from '../../ports/state/tables.ts';
import { randomId } from '../auth/tokens.ts';
import type { ExceptionCheck, exceptionRoutes } from '../contract/exceptions.ts';
import type { ApiDeps } from '../deps.ts';
import { actorId } from '../http/audit.ts';
import { conflict, invalid, notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';
import { requireDetection } from './detections.ts';
import { hiddenTests, verifyException } from './exception-check.ts';
import { findException, readExceptionList } from './exception-list.ts';

/** Events of the alert that are looked at, and of each of the other alerts. */
const EVENTS = 100;
const OTHER_EVENTS = 25;
const OTHER_ALERTS = 20;

export const exceptionHandlers: Handlers<typeof exceptionRoutes> = {
  async listExceptions({ deps, query }) {
    const all = await readExceptionList(deps, query.detectionId);
    const items = all.filter(
      (one) => (query.state?.includes(one.state) ?? true) && (query.stale === undefined || one.isStale === query.stale),
    );
    return { items };
  },
  async getException({ deps, params }) {
    return findException(deps, params.id);
  },
  async createException({ deps, body, caller, audit }) {
    const { detectionId, conditions, reason, owner } = body;
    await requireRule(deps, detectionId);
    const expiresAt = expiryOf(deps, body.expiresAt);
    const forceReason = await requireHarmless(deps, detectionId, conditions, body);
    const at = deps.clock.now().toISOString();
    const id = randomId(deps.randomBytes);
    const made = { created_at: at, created_by: actorId(caller), updated_at: at, updated_by: actorId(caller) };
    await deps.state.db
      .insertInto('exceptions')
      .values({
        id,
        detection_id: detectionId,
        conditions: JSON.stringify(conditions),
        reason,
        owner: owner ?? caller.name,
        expires_at: expiresAt ?? null,
        enabled: 1,
        force_reason: forceReason,
        ...made,
      })
      .execute();
    audit.target = id;
    await deps.detections.reload();
    return findException(deps, id);
  },
  async updateException({ deps, params, body, caller }) {
    const row = await requireOwn(deps, params.id);
    const conditions = body.conditions ?? (JSON.parse(row.conditions) as Record<string, unknown>[]);
    const expiresAt = expiryOf(deps, body.expiresAt);
    // What hides more than before is looked at again; what only ends, or is described better, is not.
    const isWider = body.conditions !== undefined || body.enabled === true;
    const forceReason = isWider ? await requireHarmless(deps, row.detection_id, conditions, body) : row.force_reason;
    await deps.state.db
      .updateTable('exceptions')
      .set({
        conditions: JSON.stringify(conditions),
        reason: body.reason ?? row.reason,
        owner: body.owner ?? row.owner,
        expires_at: expiresAt === undefined ? row.expires_at : expiresAt,
        enabled: body.enabled === undefined ? row.enabled : body.enabled ? 1 : 0,
        force_reason: forceReason,
        updated_at: deps.clock.now().toISOString(),
        updated_by: actorId(caller),
      })
      .where('id', '=', row.id)
      .execute();
    await deps.detections.reload();
    return findException(deps, row.id);
  },
  async deleteException({ deps, params }) {
    const { db } = deps.state;
    const row = await db.selectFrom('exceptions').select('id').where('id', '=', params.id).executeTakeFirst();
    if (row === undefined) return undefined;
    await db.deleteFrom('exceptions').where('id', '=', row.id).execute();
    await db.deleteFrom('exception_hits').where('exception_id', '=', row.id).execute();
    await deps.detections.reload();
    return undefined;
  },
  async checkException({ deps, body, audit }) {
    audit.target = body.detectionId;
    await requireRule(deps, body.detectionId);
    const issues = checkConditions(body.conditions, ['conditions']);
    const shown = issues.map(({ path, message }) => ({ field: path.join('.'), message }));
    if (issues.length > 0) return { issues: shown, hides: [], checked: { tests: 0, alerts: 0, events: 0 } };
    return { issues: [], ...(await verifyException(deps, body.detectionId, body.conditions)) };
  },
  async suggestExceptions({ deps, body, audit }) {
    audit.target = body.alertId;
    const { db } = deps.state;
    const alert = await db.selectFrom('alerts').selectAll().where('id', '=', body.alertId).executeTakeFirst();
    if (alert === undefined) throw notFound('alert', body.alertId);
    const { items } = await deps.alertEvents(alert, { limit: EVENTS });
    const others = await otherEvents(deps, alert.rule_id, alert.id);
    const detection = await db.selectFrom('detections').selectAll().where('id', '=', alert.rule_id).executeTakeFirst();
    const suggestions = suggestConditions(items, others).map((one) => ({
      ...one,
      conditions: [...one.conditions],
      hiddenTests: detection === undefined ? [] : hiddenTests(deps, detection, one.conditions),
    }));
    return { detectionId: alert.rule_id, events: items.length, otherEvents: others.length, suggestions };
  },
};

async function otherEvents(deps: ApiDeps, ruleId: string, except: string): Promise<Record<string, unknown>[]> {
  const alerts = await deps.state.db
    .selectFrom('alerts')
    .selectAll()
    .where('rule_id', '=', ruleId)
    .where('type', '=', 'RULE')
    .where('id', '!=', except)
    .orderBy('created_at', 'desc')
    .limit(OTHER_ALERTS)
    .execute();
  const events: Record<string, unknown>[] = [];
  for (const alert of alerts) events.push(...(await deps.alertEvents(alert, { limit: OTHER_EVENTS })).items);
  return events;
}

async function requireRule(deps: ApiDeps, id: string): Promise<void> {
  const { type } = await requireDetection(deps, id);
  if (/^((scheduled|correlation)_)?rule$/.test(type)) return;
  throw invalid(`${id} is a ${type}: only rules have exceptions`, 'detectionId');
}

async function requireOwn(deps: ApiDeps, id: string): Promise<ExceptionsTable> {
  const row = await deps.state.db.selectFrom('exceptions').selectAll().where('id', '=', id).executeTakeFirst();
  if (row !== undefined) return row;
  await findException(deps, id);
  throw conflict(`${id} is kept in a file: change it there`, 'id');
}

/** Undefined: nothing was said of it. */
function expiryOf({ clock }: ApiDeps, given: string | null | undefined): string | null | undefined {
  if (given === undefined || given === null) return given;
  const at = new Date(given);
  if (at <= clock.now()) throw new UserError('it must be in the future', { field: 'expiresAt' });
  return at.toISOString();
}

interface Force {
  readonly force?: boolean | undefined;
  readonly forceReason?: string | undefined;
}

/** Gives why it may hide what it hides; empty when it hides nothing that is known. @throws HttpError */
async function requireHarmless(
  deps: ApiDeps,
  detectionId: string,
  conditions: readonly Record<string, unknown>[],
  { force, forceReason }: Force,
): Promise<string> {
  const [issue] = checkConditions(conditions, ['conditions']);
  if (issue !== undefined) throw new UserError(issue.message, { field: issue.path.join('.') });
  if (force && forceReason === undefined) throw invalid('say why it may hide true positives', 'forceReason');
  const { hides } = await verifyException(deps, detectionId, conditions);
  if (hides.length === 0) return '';
  if (force) return forceReason ?? '';
  throw conflict(
    `it would have hidden ${shown(hides)}; to make it nevertheless send force and forceReason`,
    'conditions',
  );
}

function shown(hides: ExceptionCheck['hides']): string {
  const words = hides
    .slice(0, 5)
    .map(({ kind, id, title }) => (kind === 'test' ? `the test "${id}"` : `alert ${id} (${title})`));
  const more = hides.length > 5 ? [`${hides.length - 5} more`] : [];
  return [...words, ...more].join(', ');
}
