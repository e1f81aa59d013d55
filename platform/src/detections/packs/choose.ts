/** A part of loaded content: what manifests of packs name, or what passes a filter. */
import { UserError } from '../../core/errors.ts';
import type { Detection } from '../detection.ts';
import type { LoadedDetections, LoadProblem } from '../load.ts';
import { withNeeds } from './needs.ts';

export interface Chosen {
  /** With the problems of what was chosen; of files that could not be read as well when `mayBeBroken`. */
  readonly content: LoadedDetections;
  readonly leftOut: readonly Detection[];
}

/** Those that pass, with what they need. */
export function chooseWhere(loaded: LoadedDetections, isWanted: (one: Detection) => boolean): Chosen {
  return choose(loaded, loaded.detections.filter(isWanted), true);
}

/**
 * The manifests and what they name, with what that needs. An id that is not there is a problem, with its line.
 * @throws UserError when there is no such manifest
 */
export function chooseManifests(loaded: LoadedDetections, packIds: readonly string[]): Chosen {
  const manifests = packIds.map((id) => manifestOf(loaded, id));
  const byId = new Map(loaded.detections.map((one) => [one.id, one]));
  const ids = new Set(manifests.flatMap(membersOf));
  const members = [...ids].flatMap((id) => byId.get(id) ?? []);
  const missing = manifests.flatMap((one) => missingIn(one, byId, loaded));
  const { content, leftOut } = choose(loaded, [...manifests, ...members], missing.length > 0);
  const isToldAlready = ({ file, line }: LoadProblem) => missing.some((one) => one.file === file && one.line === line);
  const problems = [...content.problems.filter((one) => !isToldAlready(one)), ...missing];
  return { content: { ...content, problems }, leftOut };
}

/** Ids that the manifest of a pack names. */
export function membersOf({ spec }: Detection): readonly string[] {
  return (spec.PackDefinition as { readonly IDs: readonly string[] }).IDs;
}

function manifestOf({ detections }: LoadedDetections, id: string): Detection {
  const manifests = detections.filter(({ type }) => type === 'pack');
  const found = manifests.find((one) => one.id === id);
  if (found !== undefined) return found;
  const known = manifests.map((one) => one.id);
  const hint = known.length === 0 ? 'there is none' : `there are ${known.slice(0, 100).join(', ')}`;
  throw new UserError(`there is no manifest of a pack ${id}: ${hint}`, { field: '--pack' });
}

function missingIn(
  manifest: Detection,
  byId: ReadonlyMap<string, Detection>,
  { places }: LoadedDetections,
): readonly LoadProblem[] {
  const place = places.get(manifest.id);
  return membersOf(manifest).flatMap((id, index) => {
    if (byId.has(id)) return [];
    const path = ['PackDefinition', 'IDs', index];
    const message = `there is no ${id} in what was loaded`;
    const line = place?.lineOf(path) ?? 1;
    return [{ level: 'error' as const, file: place?.file ?? manifest.id, line, field: path.join('.'), message }];
  });
}

function choose(loaded: LoadedDetections, wanted: readonly Detection[], mayBeBroken: boolean): Chosen {
  const detections = withNeeds(wanted, loaded.detections);
  const taken = new Set(detections);
  const leftOut = loaded.detections.filter((one) => !taken.has(one));
  const fileOf = ({ id }: Detection) => loaded.places.get(id)?.file;
  const [files, others] = [new Set(detections.map(fileOf)), new Set(leftOut.map(fileOf))];
  const isOurs = ({ file }: LoadProblem) => files.has(file) || (mayBeBroken && !others.has(file));
  return { content: { ...loaded, detections, problems: loaded.problems.filter(isOurs) }, leftOut };
}
