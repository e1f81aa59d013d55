/** One name for a fact, over log types that call it differently: `event.udm('source_ip')`. */
import { z } from 'zod';
import { parseJsonPath } from './json-path.ts';
import { base, distinct, id, onlyOneOf, type SpecIssue, type Specification, strings } from './shared.ts';

/** Names of mappings' keys are read ignoring case. */
const mapping = z.preprocess(
  (value) => {
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [titleCase(key), one]));
  },
  z.strictObject({ Name: z.string().min(1), Path: z.string().min(1).optional(), Method: z.string().min(1).optional() }),
);

function titleCase(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1).toLowerCase();
}

const mappings = z.array(mapping).min(1);

export interface Mapping {
  readonly name: string;
  /** JSON path, evaluated on the event as it is. */
  readonly path?: string;
  /** Name of a function in the model's code. */
  readonly method?: string;
}

export const dataModel: Specification = {
  idKey: 'DataModelID',
  schema: z.strictObject({
    ...base,
    DataModelID: id,
    Enabled: z.boolean(),
    LogTypes: strings.length(1, 'a data model is of exactly one log type'),
    Mappings: mappings,
    Filename: z.string().optional(),
  }),
  check(spec) {
    const issues: SpecIssue[] = [...distinct(spec, ['Tags'])];
    const names = new Set<string>();
    for (const [index, one] of mappingsOf(spec).entries()) {
      const path = ['Mappings', index];
      if (names.has(one.name)) issues.push({ path, message: `${one.name} is mapped twice` });
      names.add(one.name);
      for (const { message } of onlyOneOf({ Path: one.path, Method: one.method }, ['Path', 'Method'])) {
        issues.push({ path, message });
      }
      if (one.path !== undefined && parseJsonPath(one.path) === undefined) {
        issues.push({ path: [...path, 'Path'], message: `"${one.path}" is no JSON path` });
      }
      if (one.method !== undefined && spec.Filename === undefined) {
        issues.push({ path, message: `the method ${one.method} needs code: Filename is missing` });
      }
    }
    return issues;
  },
};

/** Of a specification that is valid. */
export function mappingsOf(spec: Readonly<Record<string, unknown>>): readonly Mapping[] {
  const parsed = mappings.safeParse(spec.Mappings);
  return (parsed.data ?? []).map(({ Name: name, Path: path, Method: method }) => ({
    name,
    ...(path === undefined ? {} : { path }),
    ...(method === undefined ? {} : { method }),
  }));
}
