/** Events of unit tests as logs: they have only what the detection looks at, their log type asks for more. */
import type { FieldSpec } from '../../src/log-analysis/schema.ts';

type Fields = Readonly<Record<string, unknown>>;

const TIME = '2026-01-02T03:04:05Z';

/** The event with everything that its log type requires and that it lacks; texts are `-`. */
export function fillEvent(event: Fields, fields: readonly FieldSpec[]): Fields {
  const filled: Record<string, unknown> = { ...event };
  for (const field of fields) {
    const value = filled[field.name] ?? undefined;
    if (field.type === 'timestamp') {
      const isTime = /^\d/.test(String(value));
      if (field.isEventTime || (value === undefined ? field.required : !isTime)) filled[field.name] = TIME;
    } else if (field.type === 'object' && (value !== undefined || field.required)) {
      filled[field.name] = fillEvent((value ?? {}) as Fields, field.fields ?? []);
    } else if (value === undefined && field.required) filled[field.name] = EMPTY[field.type] ?? '-';
  }
  return filled;
}

const EMPTY: Readonly<Record<string, unknown>> = {
  array: [],
  boolean: false,
  json: {},
  smallint: 0,
  int: 0,
  bigint: 0,
  float: 0,
};
