/** Schemas that several domains share. */
import { z } from 'zod';
import { ALERT_STATUSES, ALERT_TYPES } from '../../core/alert.ts';
import { SEVERITIES } from '../../core/detection.ts';
import { ROLES } from './route.ts';

export const RoleSchema = z.enum(ROLES).meta({ id: 'Role' });
export const SeveritySchema = z.enum(SEVERITIES).meta({ id: 'Severity' });
export const AlertStatusSchema = z.enum(ALERT_STATUSES).meta({ id: 'AlertStatus' });
export const AlertTypeSchema = z.enum(ALERT_TYPES).meta({ id: 'AlertType' });

/** RFC 3339 in UTC, e.g. `2026-01-02T03:04:05.678Z`. */
export const Time = z.iso.datetime();

/** A time in a request; an offset is allowed. */
export const TimeInput = z.iso.datetime({ offset: true });

export const Name = z.string().trim().min(1).max(200);
export const IdParams = z.object({ id: z.string().min(1).max(300) });

/** Every failed request. `field` is the dotted path in the request, e.g. `config.port`. */
export const ApiErrorSchema = z
  .object({
    error: z.object({
      /** `invalid`, `unauthenticated`, `forbidden`, `not-found`, `conflict`, `too-large`, `rate-limited`, … */
      code: z.string(),
      message: z.string(),
      field: z.string().optional(),
    }),
  })
  .meta({ id: 'ApiError' });
export type ApiError = z.infer<typeof ApiErrorSchema>;

/** Paging of a list: pass `nextCursor` of the answer as `cursor`. */
export const PageQuery = {
  cursor: z.string().max(1_000).optional(),
  limit: z.int().min(1).max(200).optional(),
};

export function list<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item) });
}

export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Records in = records out: at every moment of rest `received = stored + quarantined + rejected`. */
export const CountsSchema = z
  .object({
    received: z.int(),
    stored: z.int(),
    quarantined: z.int(),
    rejected: z.int(),
    /** Events written; a record can give several. */
    events: z.int(),
    bytes: z.int(),
    balanced: z.boolean(),
  })
  .meta({ id: 'Counts' });
export type Counts = z.infer<typeof CountsSchema>;

export const SeriesSchema = z
  .object({ label: z.string(), points: z.array(z.object({ at: Time, value: z.number() })) })
  .meta({ id: 'Series' });
export type Series = z.infer<typeof SeriesSchema>;

export const ColumnInfoSchema = z
  .object({ name: z.string(), type: z.string(), description: z.string().optional() })
  .meta({ id: 'Column' });
export type ColumnInfo = z.infer<typeof ColumnInfoSchema>;

/**
 * JSON Schema of a unit's configuration, from which the form is drawn. A secret field has `writeOnly: true`: it is sent
 * when it changes, never returned, and left out (or empty) to keep what is stored.
 */
export interface FormField {
  type?: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';
  title?: string;
  description?: string;
  default?: unknown;
  enum?: (string | number)[];
  format?: string;
  writeOnly?: boolean;
  items?: FormField;
  anyOf?: FormField[];
  properties?: Record<string, FormField>;
  additionalProperties?: boolean | FormField;
  required?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
}
export const FormSchema = z.custom<FormField>((value) => typeof value === 'object' && value !== null);

export const UnitTypeSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    description: z.string(),
    documentationUrl: z.string().nullable(),
    form: FormSchema,
  })
  .meta({ id: 'UnitType' });
export type UnitType = z.infer<typeof UnitTypeSchema>;

export const ConfigSchema = z.record(z.string(), z.unknown());
