/** Values that stand in samples of a log type whose records are JSON, so that made-up records speak its language. */
import type { LogType } from '../../log-analysis/schema.ts';
import type { SampleValues } from './record.ts';

/** What stands in a `<name>.samples.yml`. */
export interface Sample {
  readonly input: string;
  readonly error?: boolean;
}

const MOST_VALUES = 32;
const MOST_CHARACTERS = 200;

export function sampleValues(logType: LogType, samples: readonly Sample[]): SampleValues {
  const values = new Map<string, [unknown, ...unknown[]]>();
  if (logType.spec.parser !== undefined) return values;
  for (const { input, error } of samples) {
    if (error) continue;
    for (const line of input.split('\n')) gather(parsed(line), '', values);
  }
  return values;
}

function gather(value: unknown, path: string, values: Map<string, [unknown, ...unknown[]]>): void {
  if (Array.isArray(value)) {
    for (const item of value) gather(item, `${path}[]`, values);
    return;
  }
  if (typeof value === 'object' && value !== null) {
    add(path, value, values);
    for (const [key, inner] of Object.entries(value)) gather(inner, path === '' ? key : `${path}.${key}`, values);
    return;
  }
  if (value !== null && value !== undefined && value !== '') add(path, value, values);
}

function add(path: string, value: unknown, values: Map<string, [unknown, ...unknown[]]>): void {
  if (JSON.stringify(value).length > MOST_CHARACTERS) return;
  const known = values.get(path);
  if (known === undefined) values.set(path, [value]);
  else if (known.length < MOST_VALUES && !known.includes(value)) known.push(value);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
