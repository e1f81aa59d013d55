/** Compiles a bundle into an executable for a system. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { bundleTool } from './bundle.ts';
import { signAdHoc } from './mach-o.ts';
import { cxxRuntime } from './musl/cxx-runtime.ts';
import { makeSelfContained } from './musl/start.ts';
import { nativeFolder } from './native.ts';
import { fetchPackage } from './packages.ts';
import { hostTarget, runtimeFile, type Target } from './targets.ts';
import type { Tool } from './tools.ts';

const run = promisify(execFile);

export interface BuildSettings {
  readonly commit: string;
  readonly outDir: string;
  readonly cacheDir: string;
  /** Of zstd, for libraries: 19 is 10% smaller than 9, and takes half a minute for each system the first time. */
  readonly compressionLevel: number;
}

export interface Executable {
  readonly file: string;
  /** Folders of the packages whose code is inside, from the root of the checkout. */
  readonly packages: readonly string[];
}

export async function buildExecutable(tool: Tool, target: Target, settings: BuildSettings): Promise<Executable> {
  const { cacheDir, commit, outDir } = settings;
  const folder = join(cacheDir, 'stage', target.name.replace('/', '-'), tool);
  rmSync(folder, { recursive: true, force: true });
  const bundle = await bundleTool(tool, commit, target.name, folder);
  const assets = [...bundle.assets];
  if (bundle.usesDuckdb) {
    cpSync(await nativeFolder(target, settings.compressionLevel, cacheDir), join(folder, 'native'), {
      recursive: true,
    });
    assets.push('native');
  }
  const output = resolve(outDir, target.name, `${tool}${target.extension}`);
  mkdirSync(dirname(output), { recursive: true });
  await compile(folder, bundle.file, assets, target, output, cacheDir);
  await finish(output, target, cacheDir);
  return { file: output, packages: bundle.packages };
}

async function compile(
  folder: string,
  file: string,
  assets: readonly string[],
  target: Target,
  output: string,
  cacheDir: string,
): Promise<void> {
  const host = hostTarget();
  const compiler = runtimeFile(await fetchPackage(host.runtime, cacheDir), host);
  const runtime = runtimeFile(await fetchPackage(target.runtime, cacheDir), target);
  const args = ['build', '--compile', file, `--target=${target.bunTarget}`, `--compile-executable-path=${runtime}`];
  // A support host's working folder must not change what a tool does.
  args.push('--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig', '--sourcemap=none', '--minify-whitespace');
  await run(compiler, [...args, ...assets.map((asset) => `--asset=${asset}`), `--outfile=${output}`], { cwd: folder });
}

/** What the compiler leaves undone. */
async function finish(file: string, { system, architecture }: Target, cacheDir: string): Promise<void> {
  if (system === 'linux-musl') {
    const runtime = await cxxRuntime(architecture, cacheDir);
    writeFileSync(file, makeSelfContained(readFileSync(file), runtime, architecture));
  }
  if (system === 'darwin') writeFileSync(file, signAdHoc(readFileSync(file), basename(file)));
}
