/** Log types as the API shows them. */
import type { ApiDeps } from '../../api/deps.ts';
import { tableName } from '../../core/ids.ts';
import type { ColumnType } from '../../core/table.ts';
import { lakeColumns } from '../../log-analysis/columns.ts';
import type { LogType, LogTypes } from '../../log-analysis/schema.ts';

export function logTypesForApi(logTypes: LogTypes): ApiDeps['logTypes'] {
  return {
    list: () => [...logTypes.values()].map(summary),
    get(name) {
      const logType = logTypes.get(name);
      if (logType === undefined) return undefined;
      const columns = lakeColumns(logType).map(({ name, type, description }) => ({
        name,
        type: typeText(type),
        ...(description === undefined ? {} : { description }),
      }));
      return { ...summary(logType), schema: logType.text, columns };
    },
  };
}

function summary({ name, description, referenceUrl }: LogType) {
  return {
    name,
    description,
    referenceUrl: referenceUrl === '' ? null : referenceUrl,
    table: `panther_logs.${tableName(name)}`,
    origin: 'built-in' as const,
  };
}

/** As people read it: `string`, `array<string>`, `struct<arn string, accountId string>`. */
export function typeText(type: ColumnType): string {
  if (type.kind === 'scalar') return type.type;
  if (type.kind === 'array') return `array<${typeText(type.element)}>`;
  return `struct<${type.fields.map((field) => `${field.name} ${typeText(field.type)}`).join(', ')}>`;
}
