/** SQL that is kept, and SQL that runs on a schedule. */
import { z } from 'zod';
import {
  atLeastOne,
  base,
  distinct,
  id,
  onlyOneOf,
  queryTexts,
  type SpecIssue,
  type Specification,
  strings,
} from './shared.ts';

const TEXTS = Object.keys(queryTexts);

export const schedule = z.strictObject({
  RateMinutes: z.int().min(2).optional(),
  CronExpression: z.string().optional(),
  TimeoutMinutes: z.int().min(1),
});

/** `RateMinutes` or `CronExpression`; a rate leaves the query its time. */
export function checkSchedule(given: unknown): readonly SpecIssue[] {
  if (typeof given !== 'object' || given === null) return [];
  const { RateMinutes: rate, CronExpression: cron, TimeoutMinutes: timeout } = given as Record<string, unknown>;
  const issues = onlyOneOf({ RateMinutes: rate, CronExpression: cron }, ['RateMinutes', 'CronExpression']);
  const isTooShort = typeof rate === 'number' && typeof timeout === 'number' && rate < timeout;
  return [
    ...issues.map(({ message }) => ({ path: ['Schedule'], message })),
    ...(isTooShort ? [{ path: ['Schedule', 'RateMinutes'], message: 'must not be less than TimeoutMinutes' }] : []),
  ];
}

const keys = {
  ...base,
  ...queryTexts,
  QueryName: id,
  Lookback: z.boolean().nullish(),
  LookbackWindowSeconds: z.int().nullish(),
};

export const savedQuery: Specification = {
  idKey: 'QueryName',
  schema: z.strictObject(keys),
  check: (spec) => [...atLeastOne(spec, TEXTS), ...distinct(spec, ['Tags'])],
};

export const scheduledQuery: Specification = {
  idKey: 'QueryName',
  schema: z.strictObject({
    ...keys,
    Enabled: z.boolean(),
    Schedule: schedule,
    EmailConfig: z
      .strictObject({
        Recipients: strings,
        SendEmpty: z.boolean().nullish(),
        PreferAttachment: z.boolean().nullish(),
      })
      .nullish(),
  }),
  check: (spec) => [...atLeastOne(spec, TEXTS), ...distinct(spec, ['Tags']), ...checkSchedule(spec.Schedule)],
};
