/** Exit status 0 when `node_modules` holds what `package-lock.json` asks for. The launcher asks when it is not sure. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
  readonly link?: boolean;
}

function packages(file: string): Record<string, LockedPackage> {
  return (JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> }).packages;
}

function isInstalled(root: string): boolean {
  try {
    const installed = packages(join(root, 'node_modules', '.package-lock.json'));
    return Object.entries(packages(join(root, 'package-lock.json'))).every(
      ([path, { version, optional, link }]) =>
        !path.includes('node_modules/') || optional || link || installed[path]?.version === version,
    );
  } catch {
    return false;
  }
}

process.exitCode = isInstalled(process.argv[2] ?? '.') ? 0 : 1;
