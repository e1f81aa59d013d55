/** Exceptions of detections that are kept in files. */
import { z } from 'zod';
import { checkConditions } from '../exceptions/exception.ts';
import { base, id, type Specification } from './shared.ts';

export const exception: Specification = {
  idKey: 'ExceptionID',
  schema: z.strictObject({
    ...base,
    ExceptionID: id,
    /** The detection whose matches it hides. */
    DetectionID: id,
    /** As `Detection` of a rule without code. */
    Conditions: z.array(z.unknown()),
    Reason: z.string().min(1),
    Owner: z.string().min(1),
    Expires: z.iso.datetime({ offset: true, error: 'must be a time such as 2026-12-31T00:00:00Z' }).nullish(),
    Enabled: z.boolean().nullish(),
  }),
  check: (spec) => checkConditions(spec.Conditions, ['Conditions']),
};
