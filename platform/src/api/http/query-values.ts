/** From the text of a query string to the values its schema expects: lists, numbers, booleans. */
import { z } from 'zod';

type Kind = 'string' | 'number' | 'boolean' | 'array';
export type Coerce = (query: URLSearchParams) => Record<string, unknown>;

/** Prepares the conversion for one schema. Text that is no number or boolean stays text, for the schema to refuse. */
export function queryCoercion(schema: z.ZodObject): Coerce {
  const kinds = new Map(Object.entries(schema.shape).map(([name, field]) => [name, kindOf(field as z.ZodType)]));
  return (query) => {
    const values: Record<string, unknown> = {};
    for (const name of new Set(query.keys())) {
      const texts = query.getAll(name);
      values[name] = kinds.get(name) === 'array' ? texts : convert(texts, kinds.get(name));
    }
    return values;
  };
}

function kindOf(field: z.ZodType): Kind {
  if (field instanceof z.ZodOptional) return kindOf(field.unwrap() as z.ZodType);
  if (field instanceof z.ZodArray) return 'array';
  if (field instanceof z.ZodNumber) return 'number';
  return field instanceof z.ZodBoolean ? 'boolean' : 'string';
}

function convert(texts: readonly string[], kind: Kind | undefined): unknown {
  // More than one value for a field that is no list: the schema says that it is wrong.
  if (texts.length > 1) return texts;
  const text = texts[0] ?? '';
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}
