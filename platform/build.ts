/**
 * Builds the package that is published into `platform/dist`: the platform bundled into JavaScript, the console, the
 * content, and the licences of what is bundled. `npm run build` at the root builds the console first.
 *
 * Everything lies flat beside `main.js`, so that a bundle finds its neighbours (workers, `content/`, `console/`).
 */
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'platform', 'dist');
const CONSOLE = join(ROOT, 'web', 'dist');
/** Not bundled: they bring binaries, or files that they look for beside themselves. */
const INSTALLED = ['@duckdb/node-api', 'pyodide', 'node-gyp-build'];

interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly optionalDependencies: Record<string, string>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** Its install script calls a compiler where npm runs under another Node, so the package carries its binaries. */
const vendoredIsolatedVm: Plugin = {
  name: 'vendored-isolated-vm',
  setup({ onResolve }) {
    onResolve({ filter: /^isolated-vm$/ }, () => ({ path: './vendor/isolated-vm/isolated-vm.js', external: true }));
  },
};

async function bundle(): Promise<Metafile> {
  const workers = globSync('platform/src/**/*.worker.ts', { cwd: ROOT });
  const entryPoints = Object.fromEntries(workers.map((path) => [basename(path, '.ts'), join(ROOT, path)]));
  if (Object.keys(entryPoints).length < workers.length) throw new Error('two workers have the same name');
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: join(ROOT, 'platform', 'src', 'app', 'main.ts'), ...entryPoints },
    outdir: DIST,
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    metafile: true,
    // Stacks stay readable without source maps.
    minifyWhitespace: false,
    keepNames: true,
    external: [...INSTALLED, 'pg-native'],
    plugins: [vendoredIsolatedVm],
    // For the CommonJS packages inside.
    banner: {
      js: `import { createRequire as panthersRequire } from 'node:module';\nconst require = panthersRequire(import.meta.url);`,
    },
    logLevel: 'warning',
  });
  return metafile;
}

function copyFiles(): void {
  if (!existsSync(join(CONSOLE, 'index.html'))) throw new Error('build the console first: npm run build -w web');
  cpSync(CONSOLE, join(DIST, 'console'), { recursive: true });
  cpSync(join(ROOT, 'content'), join(DIST, 'content'), { recursive: true });
  for (const file of ['LICENSE', 'NOTICE', 'README.md', 'CHANGELOG.md']) cpSync(join(ROOT, file), join(DIST, file));
  cpSync(join(ROOT, 'docs', 'images'), join(DIST, 'docs', 'images'), { recursive: true });
  for (const path of globSync('platform/src/**/*.{py,sandbox.js}', { cwd: ROOT }))
    cpSync(join(ROOT, path), join(DIST, basename(path)));
  cpSync(join(ROOT, 'platform', 'src', 'detections', 'sigma', 'pipeline', 'builtin'), join(DIST, 'builtin'), {
    recursive: true,
  });
  mkdirSync(join(DIST, 'bin'));
  cpSync(join(ROOT, 'platform', 'bin', 'panther.cjs'), join(DIST, 'bin', 'panther.cjs'));
}

function vendorIsolatedVm(): void {
  const from = join(ROOT, 'node_modules', 'isolated-vm');
  const to = join(DIST, 'vendor', 'isolated-vm');
  for (const part of ['isolated-vm.js', 'prebuilds', 'LICENSE'])
    cpSync(join(from, part), join(to, part), { recursive: true });
  const { version } = manifest(from);
  // Without scripts and binding.gyp: npm has nothing to run.
  writeJson(join(to, 'package.json'), { name: 'isolated-vm', version, license: 'ISC', main: 'isolated-vm.js' });
}

function writeManifest(): void {
  const { version, description, optionalDependencies } = manifest(ROOT);
  const dependencies = INSTALLED.map((name) => [name, manifest(join(ROOT, 'node_modules', name)).version]);
  writeJson(join(DIST, 'package.json'), {
    name: 'panther',
    version,
    description,
    license: 'Apache-2.0',
    type: 'module',
    bin: { panther: 'bin/panther.cjs' },
    dependencies: Object.fromEntries(dependencies),
    optionalDependencies,
  });
}

/** The licence texts of the packages whose code is inside the bundles. */
function writeLicences(metafile: Metafile): void {
  const folders = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const folder = input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
    if (folder) folders.add(folder);
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(ROOT, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(ROOT, folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  const heading = 'Software of others that is part of this package. The console names its own in console/.\n';
  writeFileSync(join(DIST, 'THIRD-PARTY-LICENCES.txt'), [heading, ...texts].join(`\n${'-'.repeat(80)}\n\n`));
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

rmSync(DIST, { recursive: true, force: true });
const metafile = await bundle();
copyFiles();
vendorIsolatedVm();
writeManifest();
writeLicences(metafile);
const sizes = globSync('*.js', { cwd: DIST }).map((file) => statSync(join(DIST, file)).size);
const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
console.log(`platform/dist: ${sizes.length} bundles, ${megabytes.toFixed(1)} MB of code`);
