/** Wheels: which of a package's files fits, and what is in one. */
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { UserError } from '../../../core/errors.ts';
import { compareVersions, isAllowed, isPreRelease, type Requirement } from './requirement.ts';

/** Of the index's JSON (PEP 691). */
export const indexPage = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.object({ sha256: z.string().optional() }),
      yanked: z.union([z.boolean(), z.string()]).optional(),
    }),
  ),
});
export type IndexFile = z.infer<typeof indexPage>['files'][number];

export interface WheelFile extends IndexFile {
  readonly version: string;
}

/** Pure Python for Python 3: `name-version(-build)-py3-none-any.whl`. */
const PURE = /^[^-]+-([^-]+)(?:-\d[^-]*)?-(?:[\w.]*\.)?py3\d*(?:\.[\w.]*)?-none-any\.whl$/;

/** The newest that is allowed. @throws UserError when there is none. */
export function chooseWheel(requirement: Requirement, files: readonly IndexFile[]): WheelFile {
  const wheels = files.flatMap((file) => {
    const [, version] = PURE.exec(file.filename) ?? [];
    return version === undefined || file.yanked ? [] : [{ ...file, version }];
  });
  const fitting = wheels.filter(({ version }) => isAllowed(version, requirement));
  const stable = fitting.filter(({ version }) => !isPreRelease(version));
  const [best] = (stable.length > 0 ? stable : fitting).toSorted((a, b) => compareVersions(b.version, a.version));
  if (best !== undefined) return best;
  const reason =
    wheels.length === 0 ? 'no pure-Python wheel, and Panther runs no others' : 'no such version as a wheel';
  throw new UserError(`the index has ${reason} of ${requirement.name}`, { field: 'PipLayer' });
}

export interface WheelContent {
  /** `Requires-Dist` lines. */
  readonly dependencies: string[];
  /** Names at the top that can be imported. */
  readonly modules: string[];
}

/** @throws UserError when it is no wheel. */
export function readWheel(bytes: Uint8Array, name: string): WheelContent {
  try {
    const names: string[] = [];
    const files = unzipSync(bytes, {
      filter(file) {
        names.push(file.name);
        return file.name.endsWith('.dist-info/METADATA');
      },
    });
    const metadata = new TextDecoder().decode(Object.values(files)[0] ?? new Uint8Array());
    const dependencies = [...metadata.matchAll(/^Requires-Dist:\s*(.+)$/gm)].map(([, line = '']) => line.trim());
    const tops = names.map((one) => one.split('/')[0] ?? '').filter((one) => !/\.(dist-info|data|pth)$/.test(one));
    return { dependencies, modules: [...new Set(tops.map((one) => one.replace(/\.py$/, '')))] };
  } catch (cause) {
    throw new UserError(`the file of ${name} is no wheel`, {}, { cause });
  }
}
