/** What the key-value helpers of detections can ask for, checked: detections are hostile code. */
import { z } from 'zod';

/** As in the store that this stands in for. */
const MAX_KEY_BYTES = 2_048;
const MAX_ITEM_CHARACTERS = 400_000;

const key = z
  .string()
  .min(1, 'key must not be empty')
  .refine((text) => Buffer.byteLength(text) <= MAX_KEY_BYTES, `key is longer than ${MAX_KEY_BYTES} bytes`);
const values = z
  .array(z.string())
  .refine(
    (list) => list.reduce((sum, { length }) => sum + length, 0) <= MAX_ITEM_CHARACTERS,
    `the values are longer than ${MAX_ITEM_CHARACTERS} characters`,
  );
const integer = z.int();
/** Seconds since the epoch, 0 for never, null to leave it as it is. */
const expiresAt = integer.min(0).nullable();
const force = z.boolean();

export const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('get-count'), key, force }),
  z.strictObject({ op: z.literal('increment'), key, by: integer, expiresAt }),
  z.strictObject({ op: z.literal('reset-count'), key }),
  z.strictObject({ op: z.literal('expire'), key, expiresAt: integer.min(0) }),
  z.strictObject({ op: z.literal('get-strings'), key, force }),
  z.strictObject({ op: z.literal('put-strings'), key, values, expiresAt }),
  z.strictObject({ op: z.literal('add-strings'), key, values, expiresAt }),
  z.strictObject({ op: z.literal('remove-strings'), key, values, expiresAt }),
  z.strictObject({ op: z.literal('has-strings'), key }),
  z.strictObject({ op: z.literal('get-dictionary'), key, force }),
  z.strictObject({
    op: z.literal('put-dictionary'),
    key,
    json: z.string().max(MAX_ITEM_CHARACTERS, `the dictionary is longer than ${MAX_ITEM_CHARACTERS} characters`),
    expiresAt,
  }),
  z.strictObject({ op: z.literal('lookup'), key, table: z.string().max(1_000, 'the name of the table is too long') }),
]);

export type Operation = z.infer<typeof operation>;

/** For the helper's caller: a number, a list of strings, a boolean, the JSON text of a dictionary or a row, or null. */
export type OperationValue = number | boolean | string | readonly string[] | null;

export type OperationAnswer = { readonly value: OperationValue } | { readonly error: string };

/** @returns The reason when it is not an operation. */
export function parseOperation(json: string): Operation | string {
  const parsed = operation.safeParse(JSON.parse(json));
  return parsed.success ? parsed.data : (parsed.error.issues[0]?.message ?? 'wrong arguments');
}
