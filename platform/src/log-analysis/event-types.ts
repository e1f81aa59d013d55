/** TypeScript types of the events of log types, as rules see them: what an editor completes and a compiler checks. */
import { normaliseColumnName } from './column-names.ts';
import type { FieldSpec, LogType, ValueSpec } from './schema.ts';

const SCALARS: Readonly<Partial<Record<ValueSpec['type'], string>>> = {
  string: 'string',
  timestamp: 'string',
  int: 'number',
  smallint: 'number',
  bigint: 'number',
  float: 'number',
  boolean: 'boolean',
};

/** Declarations of an interface for each log type, and of `LogTypes`, which finds it by the log type's name. */
export function eventTypes(logTypes: Iterable<LogType>): string {
  const all = [...logTypes].map((logType) => ({ logType, name: interfaceName(logType.name) }));
  const entries = all.map(({ logType, name }) => `  readonly ${quoted(logType.name)}: ${name};\n`);
  return `${all.map(({ logType, name }) => declaration(logType, name)).join('\n')}
/** Events by the name of their log type. */
export interface LogTypes {
${entries.join('')}}
`;
}

/** `AWS.CloudTrail` → `AWS_CloudTrail_Event`; names of log types have no underscore, so two never meet. */
function interfaceName(logType: string): string {
  return `${logType.replaceAll('.', '_')}_Event`;
}

function declaration({ name, description, fields }: LogType, typeName: string): string {
  const own = fields.filter((field) => !normaliseColumnName(field.name).startsWith('p_'));
  return `${comment(description, '')}export interface ${typeName} extends StandardFields<${quoted(name)}> {
${own.map((field) => property(field, '  ')).join('')}}
`;
}

function property(field: FieldSpec, indent: string): string {
  const mark = field.required === true ? '' : '?';
  const name = normaliseColumnName(field.name);
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
  return `${comment(field.description, indent)}${indent}readonly ${key}${mark}: ${typeOf(field, indent)};\n`;
}

function typeOf(value: ValueSpec, indent: string): string {
  if (value.type === 'array') {
    return `ReadonlyArray<${value.element === undefined ? 'Json' : typeOf(value.element, indent)}>`;
  }
  if (value.type !== 'object') return SCALARS[value.type] ?? 'Json';
  if (value.fields === undefined) return 'Json';
  return `{\n${value.fields.map((field) => property(field, `${indent}  `)).join('')}${indent}}`;
}

function comment(text: string | undefined, indent: string): string {
  if (text === undefined || text.trim() === '') return '';
  return `${indent}/** ${text.trim().replaceAll(/\s+/g, ' ').replaceAll('*/', '* /')} */\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
