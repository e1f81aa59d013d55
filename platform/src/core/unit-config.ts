/** Configuration of units (sources, destinations): a zod object whose secret fields are marked. */
import { z } from 'zod';

export type UnitConfig = Readonly<Record<string, unknown>>;

/** Marks a field as secret: sealed at rest, never returned, drawn as a password field. */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), writeOnly: true });
}

/** Names of the secret fields of a unit's configuration. */
export function secretFields(schema: z.ZodObject): readonly string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).flatMap(([name, property]) =>
    typeof property === 'object' && property.writeOnly === true ? [name] : [],
  );
}

/** A configuration in its two parts: what may be shown, and what is sealed. */
export function splitSecrets(schema: z.ZodObject, config: UnitConfig): { config: UnitConfig; secrets: UnitConfig } {
  const names = new Set(secretFields(schema));
  const entries = Object.entries(config).filter(([, value]) => value !== undefined);
  return {
    config: Object.fromEntries(entries.filter(([name]) => !names.has(name))),
    secrets: Object.fromEntries(entries.filter(([name]) => names.has(name))),
  };
}
