/** What specifications say of each other. */
import type { Detection } from '../detection.ts';
import type { LoadProblem, Place } from '../load.ts';
import { correlationOf } from './correlation-rule.ts';

interface Link {
  readonly level: LoadProblem['level'];
  readonly id: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Names of things that do not exist, and data models that contradict each other. */
export function checkLinks(
  detections: readonly Detection[],
  places: ReadonlyMap<string, Place>,
): readonly LoadProblem[] {
  const ids = new Set(detections.map(({ id }) => id));
  const links = [...detections.flatMap((one) => linksOf(one, ids)), ...twinModels(detections)];
  return links.map(({ level, id, path, message }) => {
    const place = places.get(id);
    return { level, file: place?.file ?? id, line: place?.lineOf(path) ?? 1, field: path.join('.'), message };
  });
}

function linksOf({ id, type, spec }: Detection, ids: ReadonlySet<string>): readonly Link[] {
  if (type === 'pack') {
    const wanted = (spec.PackDefinition as { IDs: readonly string[] }).IDs;
    // A pack by itself is checked where its members are.
    const level = ids.size > 1 && wanted.some((one) => ids.has(one)) ? 'error' : 'warning';
    return missing(wanted, ids).map((one) => link(level, id, ['PackDefinition', 'IDs', wanted.indexOf(one)], one));
  }
  if (type === 'scheduled_rule') {
    const queries = spec.ScheduledQueries as readonly string[];
    return missing(queries, ids).map((one) => link('warning', id, ['ScheduledQueries', queries.indexOf(one)], one));
  }
  // Those of Sigma have found their rules already.
  if (type !== 'correlation_rule' || spec.Sigma !== undefined) return [];
  const rules = correlationOf(spec).members.map(({ ruleId }) => ruleId);
  return missing(rules, ids).map((one) => link('warning', id, ['Detection'], one));
}

function link(level: LoadProblem['level'], id: string, path: Link['path'], name: string): Link {
  return { level, id, path, message: `${MISSING[0]}${name}${MISSING[1]}` };
}

const MISSING = ['there is no ', ' in what was loaded'] as const;

/** What is left of the problems where `ids` are known besides what was loaded. */
export function withoutMissing(problems: readonly LoadProblem[], ids: ReadonlySet<string>): readonly LoadProblem[] {
  const [before, after] = MISSING;
  return problems.filter(({ message }) => {
    const isMissing = message.startsWith(before) && message.endsWith(after);
    return !(isMissing && ids.has(message.slice(before.length, -after.length)));
  });
}

function missing(names: readonly string[], ids: ReadonlySet<string>): readonly string[] {
  return [...new Set(names)].filter((name) => !ids.has(name));
}

function twinModels(detections: readonly Detection[]): readonly Link[] {
  const first = new Map<string, string>();
  return detections.flatMap(({ id, type, info, isEnabled }) => {
    const [logType] = info.logTypes;
    if (type !== 'datamodel' || !isEnabled || logType === undefined) return [];
    const other = first.get(logType);
    if (other === undefined) return first.set(logType, id) && [];
    const message = `${logType} has an enabled data model already: ${other}`;
    return [{ level: 'error' as const, id, path: ['LogTypes'], message }];
  });
}
