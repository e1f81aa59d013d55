/**
 * Builds the operational tools as executables that need nothing installed: `out/bin/<system>/<architecture>/<tool>`,
 * with `SHA256SUMS` and `VERSION`. `npm run build:tools -- --target linux/x64 --tool requeue` builds a part of them.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { ROOT } from './bundle.ts';
import { type BuildSettings, buildExecutable } from './executable.ts';
import { licences } from './licences.ts';
import { TARGETS, type Target } from './targets.ts';
import { TOOL_NAMES, type Tool } from './tools.ts';

/** How many are compiled at once: each needs about 300 MB. */
const CONCURRENCY = 2;

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true },
    tool: { type: 'string', multiple: true },
    out: { type: 'string', default: join(ROOT, 'out', 'bin') },
    cache: { type: 'string', default: join(ROOT, 'out', '.cache') },
    /** Libraries are compressed less: no half minute for each system, executables with DuckDB 2 MB larger. */
    quick: { type: 'boolean', default: false },
  },
});

const startedAt = performance.now();
const targets = chosen(TARGETS, ({ name }) => name, values.target, 'target');
const tools = chosen(TOOL_NAMES, (name) => name, values.tool, 'tool');
const settings: BuildSettings = {
  commit: commit(),
  outDir: resolve(values.out),
  cacheDir: resolve(values.cache),
  compressionLevel: values.quick ? 9 : 19,
};
rmSync(settings.outDir, { recursive: true, force: true });
mkdirSync(settings.outDir, { recursive: true });
const packages = new Set<string>();
const lines = await buildAll(targets.flatMap((target) => tools.map((tool) => ({ tool, target }))));
writeFileSync(
  join(settings.outDir, 'SHA256SUMS'),
  lines
    .sort()
    .map((line) => `${line}\n`)
    .join(''),
);
writeFileSync(join(settings.outDir, 'VERSION'), `${version()} ${settings.commit}\n`);
writeFileSync(join(settings.outDir, 'THIRD-PARTY-LICENCES.txt'), licences(packages));
console.log(`${lines.length} executables in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);

async function buildAll(work: { readonly tool: Tool; readonly target: Target }[]): Promise<string[]> {
  const lines: string[] = [];
  async function worker(): Promise<void> {
    for (let next = work.shift(); next; next = work.shift()) {
      const { file, packages: inside } = await buildExecutable(next.tool, next.target, settings);
      for (const each of inside) packages.add(each);
      const name = relative(settings.outDir, file).replaceAll('\\', '/');
      lines.push(`${await sha256(file)}  ${name}`);
      console.log(`${name}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return lines;
}

function chosen<T>(all: readonly T[], nameOf: (each: T) => string, names: string[] | undefined, what: string): T[] {
  const unknown = names?.find((name) => !all.some((each) => nameOf(each) === name));
  if (unknown !== undefined) throw new Error(`unknown ${what} ${unknown}; there is ${all.map(nameOf).join(', ')}`);
  return all.filter((each) => names === undefined || names.includes(nameOf(each)));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** Twelve digits, as the executables say it. */
function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changes = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+changes';
  return `${git('rev-parse', '--short=12', 'HEAD')}${changes}`;
}

function version(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}
