/** Tables that events are enriched from: rows out of a file, an object in a bucket, or a query. */
import { z } from 'zod';
import { base, onlyOneOf, queryTexts, type Specification, strings } from './shared.ts';

const fieldNotes = (name: string) => z.array(z.strictObject({ Field: z.string(), [name]: strings })).nullish();

export const lookupTable: Specification = {
  idKey: 'LookupName',
  schema: z.strictObject({
    ...base,
    ...queryTexts,
    LookupName: z.string().min(1),
    Enabled: z.boolean(),
    /** Of rows in a file or an object. */
    Schema: z.string().nullish(),
    Filename: z.string().optional(),
    Refresh: z
      .strictObject({
        ObjectPath: z.string().nullish(),
        PeriodMinutes: z.int().min(1).nullish(),
        CronExpression: z.string().nullish(),
        AlarmPeriodMinutes: z.int().max(1_440).nullish(),
        RoleARN: z.string().nullish(),
        ObjectKMSKey: z.string().nullish(),
        GCSCredentials: z.string().nullish(),
        StorageProvider: z.string().nullish(),
      })
      .nullish(),
    LogTypeMap: z.strictObject({
      PrimaryKey: z.string(),
      AssociatedLogTypes: z.array(z.strictObject({ LogType: z.string(), Selectors: strings.nullish() })).nullish(),
    }),
    Indicators: fieldNotes('Indicators'),
    Validations: fieldNotes('Validations'),
  }),
  check(spec) {
    const hasQuery = Object.keys(queryTexts).some((key) => spec[key] !== undefined);
    if (hasQuery) return [];
    return onlyOneOf(spec, ['Filename', 'Refresh']);
  },
};
