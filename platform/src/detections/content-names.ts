/** Which files of a folder or an archive are content, by their names. */
import { posix } from 'node:path';

const SPEC_NAME = /^[^.].*\.(ya?ml|json|ts)$/;
const OTHER_NAMES = /^(package(-lock)?\.json|tsconfig.*\.json|dependabot\.ya?ml)$|\.(test|d)\.ts$/;
/** At the root of a repository in the format, beside what is meant to be loaded. */
const NO_CONTENT = new Set(['templates', 'test_scenarios', 'indexes', 'style_guides']);
const ROOT_MARKS = ['global_helpers', 'data_models', 'rules', 'policies', 'queries', 'packs', 'lookup_tables'];
/** Modules that detections import and names that they ask for, whichever part of a repository is loaded. */
export const SHARED_FOLDERS = ['global_helpers', 'data_models'];
/** Specifications, code, and rows of lookup tables. */
const TEXT_NAME = /\.(ya?ml|json|ts|py|csv|jsonl)$/;

/** One file of an archive, and all of them: what is larger is no content. */
export const MAX_FILE_BYTES = 20_000_000;
export const MAX_CONTENT_BYTES = 200_000_000;

export function isContentText(name: string): boolean {
  return TEXT_NAME.test(name) && !/(^|\/)(__pycache__|node_modules)\//.test(name);
}

/** Those that may hold specifications. `names` with slashes, from the root of what is loaded. */
export function chosenNames(names: readonly string[]): readonly string[] {
  const tops = new Set(names.map((name) => name.split('/')[0]));
  const isRoot = ROOT_MARKS.filter((mark) => tops.has(mark)).length > 1;
  return names
    .filter((name) => SPEC_NAME.test(posix.basename(name)) && !OTHER_NAMES.test(posix.basename(name)))
    .filter((name) => !/(^|\/)(\.[^/]*|__pycache__|node_modules)\//.test(name))
    .filter((name) => !isRoot || !NO_CONTENT.has(name.split('/')[0] ?? ''))
    .toSorted();
}
