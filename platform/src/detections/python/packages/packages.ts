/**
 * Packages that detections import besides the standard library: fetched once from an index like PyPI, with everything
 * that they need, and kept with their versions and digests. Nothing else asks the index.
 */
import { z } from 'zod';
import { UserError } from '../../../core/errors.ts';
import { sha256Hex } from '../../../core/ids.ts';
import { isAllowed, parseDependency, parseRequirement, type Requirement } from './requirement.ts';
import { chooseWheel, indexPage, readWheel } from './wheel.ts';

export const lockedPackage = z.object({
  name: z.string(),
  version: z.string(),
  /** Name of the wheel. */
  file: z.string().regex(/^[\w.+-]+\.whl$/),
  sha256: z.string(),
  modules: z.array(z.string()),
  /** What it needs itself. */
  dependencies: z.array(z.string()),
});
export type LockedPackage = Readonly<z.infer<typeof lockedPackage>>;
export const packageLock = z.object({ packages: z.array(lockedPackage) });

export interface FetchOptions {
  /** What was fetched before: these versions stay, and their digests must. */
  readonly locked: readonly LockedPackage[];
  /** Ends with a slash. */
  readonly indexUrl: string;
  /** A page as JSON. @throws ExternalError */
  getJson(url: string): Promise<unknown>;
  getBytes(url: string): Promise<Uint8Array>;
  /** A wheel that is kept; undefined when it is gone. */
  kept(file: string): Promise<Uint8Array | undefined>;
  keep(file: string, bytes: Uint8Array): Promise<void>;
}

/** Of the interpreter. */
export const PYTHON_VERSION = '3.13';

/** Everything that is asked for and needed for it. @throws UserError for a package that does not fit, or whose digest is another. */
export async function fetchPackages(
  requirements: readonly string[],
  options: FetchOptions,
): Promise<readonly LockedPackage[]> {
  const found = new Map<string, LockedPackage>();
  const open = requirements.map(parseRequirement);
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const known = found.get(next.name);
    if (known !== undefined) {
      if (isAllowed(known.version, next)) continue;
      throw new UserError(`${next.name} is needed in two versions: ${known.version} does not fit all`, {
        field: 'PipLayer',
      });
    }
    const one = await fetchOne(next, options);
    found.set(next.name, one);
    open.push(...one.dependencies.flatMap((line) => parseDependency(line, PYTHON_VERSION) ?? []));
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function fetchOne(requirement: Requirement, options: FetchOptions): Promise<LockedPackage> {
  const { name } = requirement;
  const before = options.locked.find((one) => one.name === name && isAllowed(one.version, requirement));
  if (before !== undefined) {
    const bytes = await options.kept(before.file);
    if (bytes !== undefined && sha256Hex(bytes) === before.sha256) return before;
  }
  const wanted: Requirement =
    before === undefined ? requirement : { ...requirement, specifiers: [{ operator: '==', version: before.version }] };
  const page = indexPage.parse(await options.getJson(new URL(`${name}/`, options.indexUrl).href));
  const wheel = chooseWheel(wanted, page.files);
  const bytes = await options.getBytes(new URL(wheel.url, new URL(`${name}/`, options.indexUrl)).href);
  const sha256 = sha256Hex(bytes);
  const allowed = [wheel.hashes.sha256, before?.sha256, ...(requirement.sha256.length > 0 ? [requirement.sha256] : [])];
  if (allowed.some((one) => one !== undefined && ![one].flat().includes(sha256))) {
    throw new UserError(`${wheel.filename} has the digest ${sha256}, which is not the expected one; it is not used`);
  }
  await options.keep(wheel.filename, bytes);
  return { name, version: wheel.version, file: wheel.filename, sha256, ...readWheel(bytes, name) };
}
