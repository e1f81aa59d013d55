/** One JavaScript file for each tool, with the files that it reads beside it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

export const ROOT = resolve(import.meta.dirname, '..', '..');
const SOURCES = join(ROOT, 'platform', 'src');

/** Parts of Panther that no tool starts. Their libraries cannot be inside an executable, or are large. */
const LEFT_OUT = ['app/up.ts', 'app/detection-runners.ts'];

export interface Bundle {
  /** Holds `<tool>.js` and what is embedded; the executable is compiled in it. */
  readonly folder: string;
  readonly file: string;
  /** Files and folders to embed, from the folder. */
  readonly assets: readonly string[];
  readonly usesDuckdb: boolean;
}

const leftOut: Plugin = {
  name: 'left-out',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!LEFT_OUT.includes(relative(SOURCES, path).replaceAll('\\', '/'))) return undefined;
      return { contents: `throw new Error('this part of Panther is not inside this executable');` };
    });
  },
};

/** DuckDB's package looks for its library in `node_modules`; ours is inside the executable. */
const embeddedDuckdb: Plugin = {
  name: 'embedded-duckdb',
  setup({ onResolve }) {
    onResolve({ filter: /^@duckdb\/node-bindings$/ }, () => ({ path: join(SOURCES, 'tools', 'duckdb-bindings.ts') }));
  },
};

export async function bundleTool(tool: string, commit: string, target: string, folder: string): Promise<Bundle> {
  const file = `${tool}.js`;
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(SOURCES, 'tools', `${tool}.ts`)],
    outfile: join(folder, file),
    bundle: true,
    minify: true,
    // Stacks in reports of bugs name functions; it costs 2% of the code, which is 1% of the executable.
    keepNames: true,
    platform: 'node',
    target: 'es2024',
    format: 'esm',
    metafile: true,
    legalComments: 'none',
    external: ['pg-native', 'isolated-vm', 'pyodide'],
    define: { PANTHER_BUILD: JSON.stringify({ commit, target }) },
    plugins: [leftOut, embeddedDuckdb],
    banner: {
      js: `import{createRequire as panthersRequire}from'node:module';const require=panthersRequire(import.meta.url);`,
    },
    logLevel: 'warning',
  });
  const inputs = Object.keys(metafile.inputs);
  return {
    folder,
    file,
    assets: embed(folder),
    usesDuckdb: inputs.some((path) => path.endsWith('duckdb-bindings.ts')),
  };
}

function embed(folder: string): string[] {
  mkdirSync(join(folder, 'content'), { recursive: true });
  cpSync(join(ROOT, 'content', 'log-types'), join(folder, 'content', 'log-types'), { recursive: true });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }));
  return ['package.json', 'content'];
}
