/** Packages for Python detections, in the data folder, and the list of those that are wanted. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { ExternalError, errorMessage, UserError } from '../../core/errors.ts';
import { fetchPackages, type LockedPackage, packageLock } from '../../detections/python/packages/packages.ts';
import type { PythonPackage } from '../../detections/python/runner.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

export const PYPI = 'https://pypi.org/simple/';
const CONFIG = join('deployments', 'panther_config.yml');
const LOCK = 'packages.json';
const TIMEOUT_MS = 120_000;

const wanted = z.array(z.string()).nullish();
const configFile = z.looseObject({ PipLayer: wanted, Infra: z.looseObject({ PipLayer: wanted }).nullish() });

/** `PipLayer` of the configuration: the given file, else the one of the folder that we are in, else Panther's own. */
export function readPipLayer(file: string | undefined, cwd: string): { file: string; requirements: readonly string[] } {
  const [first = ''] = [file ?? '', join(cwd, CONFIG), join(PACKAGE_ROOT, CONFIG)].filter(
    (one) => one !== '' && existsSync(one),
  );
  if (first === '' || (file !== undefined && first !== file)) {
    throw new UserError(
      `there is no such file; list packages in it, such as "PipLayer: [policyuniverse==1.5.1.20230817]"`,
      {
        file: file ?? CONFIG,
      },
    );
  }
  const parsed = configFile.safeParse(parseDocument(readFileSync(first, 'utf8')).toJS() ?? {});
  if (!parsed.success)
    throw new UserError('must be a list of packages such as name==1.2.3', { file: first, field: 'PipLayer' });
  return { file: first, requirements: parsed.data.PipLayer ?? parsed.data.Infra?.PipLayer ?? [] };
}

/** What was fetched into the folder and is still there. */
export function installedPackages(folder: string): readonly PythonPackage[] {
  const all = readLock(folder).map(({ file, sha256, modules }) => ({ file: join(folder, file), sha256, modules }));
  return all.filter(({ file }) => existsSync(file));
}

function readLock(folder: string): readonly LockedPackage[] {
  const file = join(folder, LOCK);
  if (!existsSync(file)) return [];
  try {
    return packageLock.parse(JSON.parse(readFileSync(file, 'utf8'))).packages;
  } catch (cause) {
    throw new UserError(
      `cannot be read: ${errorMessage(cause)}; remove it and run \`panther packages\``,
      { file },
      { cause },
    );
  }
}

/** @throws UserError, ExternalError */
export async function installPackages(
  requirements: readonly string[],
  { folder, indexUrl }: { readonly folder: string; readonly indexUrl: string },
): Promise<readonly LockedPackage[]> {
  await mkdir(folder, { recursive: true });
  const packages = await fetchPackages(requirements, {
    locked: readLock(folder),
    indexUrl: indexUrl.endsWith('/') ? indexUrl : `${indexUrl}/`,
    getJson: async (url) => (await get(url, 'application/vnd.pypi.simple.v1+json')).json(),
    getBytes: async (url) => new Uint8Array(await (await get(url, '*/*')).arrayBuffer()),
    kept: (file) => readFile(join(folder, file)).catch(() => undefined),
    keep: (file, bytes) => put(join(folder, file), bytes),
  });
  await put(join(folder, LOCK), `${JSON.stringify({ packages }, null, 2)}\n`);
  return packages;
}

async function put(file: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${file}.part`, content);
  await rename(`${file}.part`, file);
}

async function get(url: string, accept: string): Promise<Response> {
  try {
    const response = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) return response;
    throw new ExternalError(`${url} answered ${response.status}`, { retryable: response.status >= 500 });
  } catch (cause) {
    if (cause instanceof ExternalError) throw cause;
    const reason = errorMessage((cause as Error).cause ?? cause);
    throw new ExternalError(
      `cannot fetch ${url}: ${reason}. Without network, copy the folder of packages from a machine that has it`,
      {
        retryable: true,
        cause,
      },
    );
  }
}
