/** A schema as YAML, in the form in which people write them, with comments that say why. */
import { Document, isScalar } from 'yaml';
import type { ParserSpec } from '../parsers/index.ts';
import type { InferredField, InferredValue } from './fields.ts';

export interface SchemaText {
  readonly name: string;
  readonly description: string;
  readonly parser: Partial<ParserSpec> | undefined;
  readonly fields: readonly InferredField[];
}

export function schemaText({ name, description, parser, fields }: SchemaText): string {
  const schema = {
    schema: name,
    version: 0,
    description,
    ...(parser !== undefined && { parser }),
    fields: fields.map(plainField),
  };
  const document = new Document(schema, { aliasDuplicateObjects: false });
  for (const [index, field] of fields.entries()) addComments(document, ['fields', index], field);
  return document.toString({ lineWidth: 0 });
}

/** Keys in the order in which they are read best. */
function plainField({ name, required, rename, copy, ...value }: InferredField): Record<string, unknown> {
  return defined({ name, rename, copy, required, ...plainValue(value) });
}

function plainValue(value: InferredValue): Record<string, unknown> {
  const { type, timeFormat, isEventTime, indicators, emptyValues, fields, element } = value;
  return defined({
    type,
    timeFormat,
    isEventTime,
    indicators,
    emptyValues,
    fields: fields?.map(plainField),
    element: element === undefined ? undefined : plainValue(element),
  });
}

function defined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function addComments(document: Document, path: readonly (string | number)[], value: InferredValue): void {
  for (const [key, comment] of Object.entries(value.comments ?? {})) {
    const node: unknown = document.getIn([...path, key], true);
    if (isScalar(node)) node.comment = ` ${comment.replaceAll('\n', ' ')}`;
  }
  for (const [index, field] of (value.fields ?? []).entries()) addComments(document, [...path, 'fields', index], field);
  if (value.element !== undefined) addComments(document, [...path, 'element'], value.element);
}
