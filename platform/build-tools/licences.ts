/** The licences of what is inside the executables, to be handed on with them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bundle.ts';

/** What comes as a program or library, not as a package's code. */
const BINARIES = `Bun (MIT), the runtime. It contains JavaScriptCore (LGPL 2, linked statically: its sources and the objects to link it anew
are those of Bun's project) and the software that Bun's page on licensing names.

DuckDB (MIT), in compact.

libstdc++ and libgcc_s (GPL 3 with the GCC Runtime Library Exception), in the executables for musl.
`;

/** `folders` of packages, from the root of the checkout. */
export function licences(folders: Iterable<string>): string {
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(ROOT, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(ROOT, folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  const heading = 'Software of others that is part of the executables.\n';
  return [heading, BINARIES, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}
