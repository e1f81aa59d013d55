/** One JavaScript file for each tool, with the files that it reads beside it. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { TOOLS, type Tool } from './tools.ts';

export const ROOT = resolve(import.meta.dirname, '..', '..');
const SOURCES = join(ROOT, 'platform', 'src');

export interface Bundle {
  /** Holds `<tool>.js` and what is embedded; the executable is compiled in it. */
  readonly folder: string;
  readonly file: string;
  /** Files and folders to embed, from the folder. */
  readonly assets: readonly string[];
  readonly usesDuckdb: boolean;
  /** Folders of the packages whose code is inside, from the root of the checkout. */
  readonly packages: readonly string[];
}

/** What commands can get from `app` is loaded by these; an executable has of it only what its tool uses. */
const APP = join(SOURCES, 'app');
const SERVICES = ['services.ts', 'tools/operations.ts'].map((name) => join(APP, name));

function onlyServices(parts: readonly string[]): Plugin {
  return {
    name: 'only-services',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\// }, ({ path, importer, kind }) => {
        if (kind !== 'dynamic-import' || !SERVICES.includes(importer)) return undefined;
        const part = relative(APP, resolve(dirname(importer), path)).replaceAll('\\', '/');
        return parts.includes(part) ? undefined : { path: part, namespace: 'left-out' };
      });
      onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`${path} is not inside this executable`)});`,
      }));
    },
  };
}

/** What is another thing inside an executable: DuckDB's library is not in `node_modules`, and there is no V8. */
const STAND_INS: readonly (readonly [asked: RegExp, standIn: string])[] = [
  [/^@duckdb\/node-bindings$/, 'duckdb-bindings.ts'],
  [/^\.{1,2}\/regex-engine\.ts$/, 'regex-engine.ts'],
];

const standIns: Plugin = {
  name: 'stand-ins',
  setup({ onResolve }) {
    for (const [filter, file] of STAND_INS) onResolve({ filter }, () => ({ path: join(SOURCES, 'tools', file) }));
  },
};

export async function bundleTool(tool: Tool, commit: string, target: string, folder: string): Promise<Bundle> {
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
    plugins: [onlyServices(TOOLS[tool]), standIns],
    banner: {
      js: `import{createRequire as panthersRequire}from'node:module';const require=panthersRequire(import.meta.url);`,
    },
    logLevel: 'warning',
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const packages = inputs.flatMap((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  return {
    folder,
    file,
    assets: embed(folder),
    usesDuckdb: inputs.some((path) => path.endsWith('duckdb-bindings.ts')),
    packages: [...new Set(packages)],
  };
}

function embed(folder: string): string[] {
  mkdirSync(join(folder, 'content'), { recursive: true });
  cpSync(join(ROOT, 'content', 'log-types'), join(folder, 'content', 'log-types'), { recursive: true });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }));
  return ['package.json', 'content'];
}
