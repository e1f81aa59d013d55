/** Replays: what a detection would have alerted on in the past. */
import { z } from 'zod';
import { list, SeveritySchema, Time, TimeInput } from './common.ts';
import { defineRoutes } from './route.ts';

export const REPLAY_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;

export const ReplayProgressSchema = z.object({
  /** Events of the detection's log types in the time; 0 until they are counted. */
  events: z.int(),
  /** Of these, those that are behind it. */
  done: z.int(),
  matches: z.int(),
});

export const ReplayAlertSchema = z
  .object({
    title: z.string(),
    severity: SeveritySchema,
    dedup: z.string(),
    eventCount: z.int(),
    firstEventAt: Time,
    lastEventAt: Time,
    logTypes: z.array(z.string()),
  })
  .meta({ id: 'ReplayAlert' });
export type ReplayAlert = z.infer<typeof ReplayAlertSchema>;

export const ReplayResultSchema = z
  .object({
    events: z.int(),
    /** Events that the detection's code was run on. */
    candidates: z.int(),
    matches: z.int(),
    /** Matches that exceptions hide; in no other figure. */
    hidden: z.int(),
    errors: z.int(),
    /** All of them; `alerts` has the first 200. */
    alertCount: z.int(),
    alerts: z.array(ReplayAlertSchema),
    /** Matches by hour, or by day where the time is longer than three days; times without any are left out. */
    buckets: z.array(z.object({ at: Time, matches: z.int() })),
    bucketMinutes: z.int(),
    /** The dedup strings with the most matches, at most 20. */
    dedups: z.array(z.object({ dedup: z.string(), matches: z.int() })),
    /** Counted up to 10,000. */
    dedupCount: z.int(),
    /** A dedup string that would group the matches better; null when there is nothing to mend. */
    suggestion: z
      .object({
        /** Paths of the event's fields, e.g. `userIdentity.arn`. */
        fields: z.array(z.string()),
        /** Dedup strings that they would make. */
        groups: z.int(),
        reason: z.string(),
      })
      .nullable(),
    /** Each kind of error once, at most 20. */
    failures: z.array(z.object({ title: z.string(), message: z.string(), count: z.int() })),
    /** The first matches, at most 20, with their events. */
    samples: z.array(
      z.object({ at: Time, logType: z.string(), title: z.string(), dedup: z.string(), event: z.unknown() }),
    ),
    durationMs: z.int(),
  })
  .meta({ id: 'ReplayResult' });
export type ReplayResult = z.infer<typeof ReplayResultSchema>;

export const ReplaySchema = z
  .object({
    id: z.string(),
    detectionId: z.string(),
    /** It ran a draft, not what is saved. */
    isDraft: z.boolean(),
    from: Time,
    to: Time,
    /** `interrupted`: the process that ran it is gone; start it again. */
    state: z.enum(REPLAY_STATES),
    createdAt: Time,
    createdBy: z.string(),
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
    progress: ReplayProgressSchema,
    /** Only once it has succeeded; left out of lists. */
    result: ReplayResultSchema.nullable(),
    /** Why it failed; empty otherwise. */
    error: z.string(),
  })
  .meta({ id: 'Replay' });
export type Replay = z.infer<typeof ReplaySchema>;

const ReplayParams = z.object({ id: z.string().min(1).max(100) });

export const StartReplayBody = z.object({
  detectionId: z.string().min(1).max(300),
  /** What is not saved yet: the specification as YAML and the code. Runs in place of what is saved. */
  draft: z.object({ yaml: z.string().max(500_000), body: z.string().max(500_000) }).optional(),
  from: TimeInput,
  /** Now unless given. */
  to: TimeInput.optional(),
});

export const replayRoutes = defineRoutes({
  startReplay: {
    method: 'POST',
    path: '/replays',
    summary: 'Run a detection over the past, without alerts',
    role: 'analyst',
    body: StartReplayBody,
    response: ReplaySchema,
    status: 202,
    limits: { perMinute: 30, bodyBytes: 2 << 20 },
    audit: 'replay.start',
  },
  listReplays: {
    method: 'GET',
    path: '/replays',
    summary: 'List the last replays, newest first',
    role: 'read-only',
    query: z.object({ detectionId: z.string().max(300).optional() }),
    response: list(ReplaySchema),
  },
  getReplay: {
    method: 'GET',
    path: '/replays/:id',
    summary: 'Get a replay with its progress or its result',
    role: 'read-only',
    params: ReplayParams,
    response: ReplaySchema,
  },
  cancelReplay: {
    method: 'POST',
    path: '/replays/:id/cancel',
    summary: 'Stop a replay',
    role: 'analyst',
    params: ReplayParams,
    response: ReplaySchema,
    audit: 'replay.cancel',
  },
});
