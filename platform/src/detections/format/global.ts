/** Modules that detections import, and packs of detections. */
import { z } from 'zod';
import { base, distinct, id, type Specification, strings } from './shared.ts';

export const globalModule: Specification = {
  idKey: 'GlobalID',
  schema: z.strictObject({ ...base, GlobalID: id, Filename: z.string(), Enabled: z.boolean().nullish() }),
  check: (spec) => distinct(spec, ['Tags']),
};

export const pack: Specification = {
  idKey: 'PackID',
  schema: z.strictObject({
    ...base,
    PackID: id,
    PackDefinition: z.strictObject({ IDs: strings.min(1) }),
  }),
  check(spec) {
    const ids = (spec.PackDefinition as { IDs?: unknown } | undefined)?.IDs;
    return distinct({ IDs: ids }, ['IDs']).map(({ path, message }) => ({ path: ['PackDefinition', ...path], message }));
  },
};
