/** Scheduled queries and correlation rules. */
import { errorMessage } from '../../core/errors.ts';
import { queueRun } from '../../detections/schedule/run-store.ts';
import { nextSlot, scheduleOf } from '../../detections/schedule/slots.ts';
import type { DetectionsTable, ScheduledRunsTable } from '../../ports/state/tables.ts';
import type { Schedule, ScheduledRun, scheduleRoutes } from '../contract/schedules.ts';
import type { ApiDeps } from '../deps.ts';
import { HttpError, notFound } from '../http/errors.ts';
import type { Handlers } from '../http/handler.ts';

const TYPES: readonly Schedule['type'][] = ['scheduled_query', 'correlation_rule'];
const DEFAULT_LIMIT = 50;

export const scheduleHandlers: Handlers<typeof scheduleRoutes> = {
  async listSchedules({ deps }) {
    const rows = await deps.state.db
      .selectFrom('detections')
      .selectAll()
      .where('type', 'in', TYPES)
      .orderBy('id')
      .execute();
    return { items: await Promise.all(rows.map((row) => toSchedule(deps, row))) };
  },
  async listScheduledRuns({ deps, params, query }) {
    await requireSchedule(deps, params.id);
    const limit = query.limit ?? DEFAULT_LIMIT;
    let ask = deps.state.db.selectFrom('scheduled_runs').selectAll().where('detection_id', '=', params.id);
    if (query.cursor !== undefined) {
      const [at, id] = query.cursor.split('~');
      if (at === undefined || id === undefined)
        throw new HttpError(400, 'invalid', 'the cursor is not one of an earlier answer');
      ask = ask.where((eb) =>
        eb.or([eb('scheduled_at', '<', at), eb.and([eb('scheduled_at', '=', at), eb('id', '<', id)])]),
      );
    }
    const rows = await ask
      .orderBy('scheduled_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const last = rows[limit - 1];
    const nextCursor = rows.length > limit && last !== undefined ? `${last.scheduled_at}~${last.id}` : null;
    return { items: rows.slice(0, limit).map(toRun), nextCursor };
  },
  async runNow({ deps, params }) {
    await requireSchedule(deps, params.id);
    return { runId: await queueRun(deps.state.db, params.id, deps.clock.now()) };
  },
};

async function requireSchedule({ state }: ApiDeps, id: string): Promise<void> {
  const row = await state.db
    .selectFrom('detections')
    .select('id')
    .where('id', '=', id)
    .where('type', 'in', TYPES)
    .executeTakeFirst();
  if (row === undefined) throw notFound('schedule', id);
}

async function toSchedule({ state, clock }: ApiDeps, row: DetectionsTable): Promise<Schedule> {
  const spec = JSON.parse(row.spec) as { readonly Detection?: readonly Record<string, unknown>[] };
  const schedule = scheduleOf(row.type === 'correlation_rule' ? (spec.Detection?.[0] ?? {}) : spec);
  const last = await state.db
    .selectFrom('scheduled_runs')
    .selectAll()
    .where('detection_id', '=', row.id)
    .orderBy('scheduled_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    id: row.id,
    type: row.type as Schedule['type'],
    enabled: row.enabled === 1,
    rateMinutes: schedule.rateMinutes ?? null,
    cron: schedule.cron ?? null,
    timeoutMinutes: schedule.timeoutMinutes,
    ...next(() => (row.enabled === 1 ? nextSlot(schedule, clock.now()) : undefined)),
    lastRun: last === undefined ? null : toRun(last),
  };
}

function next(find: () => Date | undefined): Pick<Schedule, 'nextRunAt' | 'problem'> {
  try {
    return { nextRunAt: find()?.toISOString() ?? null, problem: '' };
  } catch (error) {
    return { nextRunAt: null, problem: errorMessage(error) };
  }
}

function toRun(row: ScheduledRunsTable): ScheduledRun {
  return {
    id: row.id,
    cause: row.cause as ScheduledRun['cause'],
    scheduledAt: row.scheduled_at,
    state: row.state as ScheduledRun['state'],
    startedAt: row.started_at,
    endedAt: row.ended_at,
    attempts: row.attempts,
    rows: row.row_count,
    matches: row.matches,
    truncated: row.truncated === 1,
    error: row.error,
  };
}
