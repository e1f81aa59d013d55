/** When a schedule runs. Every process finds the same times, so that a run has the same name everywhere. */
import { Cron } from 'croner';
import { errorMessage, UserError } from '../../core/errors.ts';

export interface Schedule {
  readonly rateMinutes?: number;
  /** Five or six parts, in UTC. */
  readonly cron?: string;
  readonly timeoutMinutes: number;
}

export interface Slots {
  /** The latest ones, oldest first. */
  readonly times: readonly Date[];
  /** How many earlier ones there are besides. */
  readonly earlier: number;
}

const MS_PER_MINUTE = 60_000;
/** Of a schedule that was not looked at for long, more are not even counted. */
const MAX_COUNTED = 100_000;

/** As it stands in a specification that is valid. */
export function scheduleOf(spec: Readonly<Record<string, unknown>>): Schedule {
  const {
    RateMinutes: rateMinutes,
    CronExpression: cron,
    TimeoutMinutes: timeoutMinutes,
  } = spec.Schedule as Partial<Record<string, number & string>>;
  return {
    timeoutMinutes: timeoutMinutes ?? 1,
    ...(rateMinutes === undefined || rateMinutes === null ? {} : { rateMinutes }),
    ...(cron === undefined || cron === null ? {} : { cron }),
  };
}

/** The times after `after` up to `until`, `limit` of them. @throws UserError for a cron expression that is wrong. */
export function slotsBetween(schedule: Schedule, after: Date, until: Date, limit: number): Slots {
  const times =
    schedule.cron === undefined ? rateSlots(schedule, after, until) : cronSlots(schedule.cron, after, until);
  return { times: times.slice(-limit), earlier: Math.max(0, times.length - limit) };
}

/** The first time after `after`. */
export function nextSlot(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.cron !== undefined) return parseCron(schedule.cron).nextRun(after) ?? undefined;
  const rateMs = (schedule.rateMinutes ?? 1) * MS_PER_MINUTE;
  return new Date((Math.floor(after.getTime() / rateMs) + 1) * rateMs);
}

/** Whole multiples of the rate since 1970. */
function rateSlots({ rateMinutes = 1 }: Schedule, after: Date, until: Date): readonly Date[] {
  const rateMs = rateMinutes * MS_PER_MINUTE;
  const last = Math.floor(until.getTime() / rateMs);
  const first = Math.max(Math.floor(after.getTime() / rateMs) + 1, last - MAX_COUNTED + 1);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => new Date((first + index) * rateMs));
}

function cronSlots(expression: string, after: Date, until: Date): readonly Date[] {
  const cron = parseCron(expression);
  const times: Date[] = [];
  for (let at = cron.nextRun(after); at !== null && at <= until; at = cron.nextRun(at)) {
    times.push(at);
    if (times.length >= MAX_COUNTED) break;
  }
  return times;
}

/** What is wrong with a cron expression. */
export function cronProblem(expression: string): string | undefined {
  try {
    const never = parseCron(expression).nextRun(new Date(0)) === null;
    return never ? `the cron expression "${expression}" never comes` : undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

/** Without a job: nothing runs by itself. */
function parseCron(expression: string): Cron {
  try {
    return new Cron(expression, { timezone: 'UTC', paused: true });
  } catch (cause) {
    const message = `the cron expression "${expression}" is not valid: ${errorMessage(cause)}`;
    throw new UserError(message, { field: 'Schedule.CronExpression' }, { cause });
  }
}
