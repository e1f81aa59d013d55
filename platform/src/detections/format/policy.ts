/** Policies over cloud resources: what is wanted of them. */
import { z } from 'zod';
import { alerting, checkTests, distinct, id, mocks, type Specification, strings, testLog } from './shared.ts';

const tests = z.array(
  z.strictObject({
    Name: z.string(),
    ExpectedResult: z.boolean(),
    Resource: testLog.optional(),
    Log: testLog.optional(),
    ResourceType: z.string().nullish(),
    LogType: z.string().nullish(),
    Mocks: mocks,
  }),
);

export const policy: Specification = {
  idKey: 'PolicyID',
  schema: z.strictObject({
    ...alerting,
    PolicyID: id,
    Filename: z.string(),
    /** Empty: every type. */
    ResourceTypes: strings.nullish(),
    Suppressions: strings.nullish(),
    AutoRemediationID: z.string().nullish(),
    AutoRemediationParameters: z.record(z.string(), z.unknown()).nullish(),
    ActionDelaySeconds: z.int().min(0).nullish(),
    Tests: tests.nullish(),
  }),
  check: (spec) => [
    ...distinct(spec, ['ResourceTypes', 'Suppressions', 'OutputIds', 'SummaryAttributes', 'Tags']),
    ...checkTests(spec.Tests, ['Resource', 'Log']),
  ],
};
