/** What detections cannot do without: modules, data models, lookup tables, queries, the rules of correlations. */
import { basename } from 'node:path';
import type { Detection } from '../detection.ts';

/** The chosen ones with all that they need of `all`, and the exceptions that are made of them; in the order of `all`. */
export function withNeeds(chosen: readonly Detection[], all: readonly Detection[]): readonly Detection[] {
  const known = indexOf(all);
  const taken = new Set(chosen);
  // Grows while it is walked.
  for (const one of taken) for (const needed of needsOf(one, known)) taken.add(needed);
  const ids = new Set([...taken].map(({ id }) => id));
  return all.filter((one) => taken.has(one) || (one.type === 'exception' && ids.has(String(one.spec.DetectionID))));
}

/** What of `removed` others cannot do without: its id, and theirs. */
export function neededBy(
  removed: readonly Detection[],
  others: readonly Detection[],
): ReadonlyMap<string, readonly string[]> {
  const known = indexOf([...removed, ...others]);
  const gone = new Set(removed);
  const found = new Map<string, string[]>();
  for (const other of others) {
    const needed = new Set(needsOf(other, known).filter((one) => gone.has(one) && isUsed(one, other)));
    for (const { id } of needed) found.set(id, [...(found.get(id) ?? []), other.id]);
  }
  return found;
}

/** A data model is there for every rule of its log type, and used by few. */
function isUsed({ type }: Detection, { body }: Detection): boolean {
  return type !== 'datamodel' || /\budm\b/.test(body);
}

interface Known {
  readonly byId: ReadonlyMap<string, Detection>;
  /** By the names that code imports. */
  readonly modules: ReadonlyMap<string, Detection>;
  readonly models: ReadonlyMap<string, readonly Detection[]>;
  readonly lookups: readonly { readonly detection: Detection; readonly mention: RegExp }[];
}

function indexOf(all: readonly Detection[]): Known {
  const models = new Map<string, Detection[]>();
  for (const one of all.filter(({ type }) => type === 'datamodel'))
    for (const logType of one.info.logTypes) models.set(logType, [...(models.get(logType) ?? []), one]);
  const globals = all.filter(({ type }) => type === 'global');
  return {
    byId: new Map(all.map((one) => [one.id, one])),
    modules: new Map(globals.flatMap((one) => [one.id, moduleName(one.file)].map((name) => [name, one] as const))),
    models,
    lookups: all
      .filter(({ type }) => type === 'lookup_table')
      .map((detection) => ({ detection, mention: new RegExp(`(?<!\\w)${RegExp.escape(detection.id)}(?!\\w)`, 'i') })),
  };
}

function moduleName(file: string): string {
  return basename(file).replace(/\.\w+$/, '');
}

function needsOf(one: Detection, { byId, modules, models, lookups }: Known): readonly Detection[] {
  const text = `${one.body}\n${JSON.stringify(one.spec)}`;
  const named = namesIn(one).map((name) => byId.get(name));
  const imported = importsOf(one.body).map((name) => modules.get(name));
  const modelled = one.type === 'datamodel' ? [] : one.info.logTypes.flatMap((logType) => models.get(logType) ?? []);
  const looked = lookups.filter(({ detection, mention }) => detection !== one && mention.test(text));
  return [...named, ...imported, ...modelled, ...looked.map(({ detection }) => detection)].filter(
    (needed) => needed !== undefined,
  );
}

/** Ids of other detections in a specification. */
function namesIn({ type, spec }: Detection): readonly string[] {
  if (type === 'scheduled_rule') return stringsIn(spec.ScheduledQueries);
  if (type === 'correlation_rule') return stringsIn([spec.Detection, spec.Sigma]);
  if (!type.endsWith('query')) return [];
  const texts = stringsIn(spec).join('\n');
  return [...texts.matchAll(/\{%-?\s*import\s+(['"])(.+?)\1/g)].map(([, , name = '']) => name);
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** Names of modules in Python's and in TypeScript's import statements. */
function importsOf(body: string): readonly string[] {
  const python = [...body.matchAll(/^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))/gm)];
  const typescript = [...body.matchAll(/\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g)];
  const names = python.flatMap(([, from, list = '']) => (from === undefined ? list.split(',') : [from]));
  const first = names.map((name) => name.trim().split(/[\s.]/)[0] ?? '');
  return [...first, ...typescript.map(([, , path = '']) => moduleName(path))];
}
