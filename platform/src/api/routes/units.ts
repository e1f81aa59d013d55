/** What sources and destinations have in common: a type with a configuration, parts of it secret. */
import { z } from 'zod';
import { secretFields, splitSecrets, type UnitConfig } from '../../core/unit-config.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { FormField, UnitType } from '../contract/common.ts';
import type { UnitDescription } from '../deps.ts';
import { invalid } from '../http/errors.ts';
import { firstIssue } from '../http/validate.ts';

export function toUnitType(unit: UnitDescription): UnitType {
  const { $schema, ...form } = z.toJSONSchema(unit.config, { io: 'input', unrepresentable: 'any' });
  const { id, title, description, documentationUrl } = unit;
  return { id, title, description, documentationUrl, form: form as FormField };
}

/** @throws HttpError that names the types there are. */
export function requireType<T extends UnitDescription>(units: readonly T[], id: string): T {
  const found = units.find((unit) => unit.id === id);
  if (found !== undefined) return found;
  throw invalid(`there is no type ${id}; there are: ${units.map((unit) => unit.id).join(', ')}`, 'type');
}

/** The columns `config` and `secrets` of a row. */
export interface StoredConfig {
  readonly config: string;
  readonly secrets: string;
}

/** Checks a configuration against its type and seals its secrets for one row; `context` is `source:<id>`. */
export async function storeConfig(
  secrets: Secrets,
  unit: UnitDescription,
  config: UnitConfig,
  context: string,
): Promise<StoredConfig> {
  const parsed = unit.config.safeParse(config);
  if (!parsed.success) throw firstIssue(parsed.error, ['config']);
  const parts = splitSecrets(unit.config, config);
  return {
    config: JSON.stringify(parts.config),
    secrets: await secrets.seal(JSON.stringify(parts.secrets), context),
  };
}

/** A changed configuration with the stored values of the secrets that were left out or are empty. */
export async function keepSecrets(
  secrets: Secrets,
  unit: UnitDescription,
  config: UnitConfig,
  stored: StoredConfig,
  context: string,
): Promise<UnitConfig> {
  const names = new Set(secretFields(unit.config));
  const isEmpty = (value: unknown) => value === undefined || value === null || value === '';
  const given = Object.entries(config).filter(([name, value]) => !(names.has(name) && isEmpty(value)));
  return { ...(await openSecrets(secrets, stored, context)), ...Object.fromEntries(given) };
}

export async function openSecrets(secrets: Secrets, stored: StoredConfig, context: string): Promise<UnitConfig> {
  return stored.secrets === '' ? {} : (JSON.parse(await secrets.open(stored.secrets, context)) as UnitConfig);
}

/** What may be shown of a configuration: everything but the secrets, and which of those are set. */
export async function showConfig(secrets: Secrets, stored: StoredConfig, context: string) {
  const opened = await openSecrets(secrets, stored, context);
  return { config: JSON.parse(stored.config) as Record<string, unknown>, secretsSet: Object.keys(opened).sort() };
}
