/**
 * Enrichment: rows of lookup tables beside the values of an event that they are about, in `p_enrichment`. Compiled for
 * each log type, so that one without a table costs nothing.
 */
import type { LogEvent } from '../core/event.ts';
import type { LookupRow } from './rows.ts';
import type { LookupTable } from './table.ts';

/** Which fields of which log types a table is about. */
export interface TableUse {
  readonly name: string;
  readonly table: LookupTable;
  readonly logTypes: readonly { readonly logType: string; readonly selectors: readonly string[] }[];
}

/** Adds what is known to an event of one log type. */
export type Enrich = (event: LogEvent) => void;

interface Step {
  readonly name: string;
  readonly selector: string;
  readonly path: readonly string[];
  readonly table: LookupTable;
}

/** By log type. */
export function compileEnrichment(uses: readonly TableUse[]): ReadonlyMap<string, Enrich> {
  const steps = new Map<string, Step[]>();
  for (const { name, table, logTypes } of uses) {
    for (const { logType, selectors } of logTypes) {
      const own = steps.get(logType) ?? [];
      steps.set(logType, own);
      own.push(...selectors.map((selector) => toStep(name, selector, table)));
    }
  }
  return new Map([...steps].filter(([, own]) => own.length > 0).map(([logType, own]) => [logType, enrichBy(own)]));
}

/** `$.a.b[*].c` is `a.b.c`: a list on the way is gone through by itself. */
function toStep(name: string, text: string, table: LookupTable): Step {
  const selector = text
    .replace(/^\$\.?/, '')
    .replace(/\[\*\]/g, '')
    .replace(/\[["']([^"']+)["']\]/g, '.$1');
  return { name, selector, path: selector.split('.'), table };
}

function enrichBy(steps: readonly Step[]): Enrich {
  return (event) => {
    let found: Record<string, Record<string, unknown>> | undefined;
    for (const { name, selector, path, table } of steps) {
      const row = rowsOf(valueAt(event, path, 0), table);
      if (row === undefined) continue;
      found ??= { ...(event.p_enrichment as Record<string, Record<string, unknown>> | undefined) };
      found[name] = { ...found[name], [selector]: row };
    }
    // The event is the pipeline's own until it is given away.
    if (found !== undefined) (event as { p_enrichment?: unknown }).p_enrichment = found;
  };
}

function valueAt(value: unknown, path: readonly string[], from: number): unknown {
  let current = value;
  for (let at = from; at < path.length; at += 1) {
    if (Array.isArray(current)) return current.flatMap((element) => valueAt(element, path, at) ?? []);
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[path[at] as string];
  }
  return current;
}

/** One row for one value, a list for a list. */
function rowsOf(value: unknown, table: LookupTable): LookupRow | readonly LookupRow[] | undefined {
  if (!Array.isArray(value)) return rowOf(value, table);
  const rows: LookupRow[] = [];
  for (const element of value) {
    const row = rowOf(element, table);
    if (row !== undefined) rows.push(row);
  }
  return rows.length === 0 ? undefined : rows;
}

function rowOf(value: unknown, table: LookupTable): LookupRow | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const row = table.find(String(value));
  return row === undefined ? undefined : { ...row, p_match: value };
}
