/** What commands get from here. Functions import what they need when they are called, so that `--help` stays fast. */
import { join } from 'node:path';
import type { Services } from '../cli/services.ts';
import { PACKAGE_ROOT, packageVersion } from './package-root.ts';

export function services(): Services {
  return {
    version: packageVersion(),
    contentDir: join(PACKAGE_ROOT, 'content'),
  };
}
