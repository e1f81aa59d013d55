/** Where the files that come with the program are: beside the bundle, or in the checkout. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const IS_SOURCE = import.meta.url.endsWith('.ts');

/** Folder that holds `content/`: the root of the checkout, or of the installed package. */
export const PACKAGE_ROOT = IS_SOURCE ? join(HERE, '..', '..', '..') : HERE;

/** The console's built files (`index.html` and what it needs). Absent in a checkout until `npm run build`. */
export const CONSOLE_DIR = IS_SOURCE ? join(PACKAGE_ROOT, 'web', 'dist') : join(PACKAGE_ROOT, 'console');

export function packageVersion(): string {
  const file = join(PACKAGE_ROOT, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
