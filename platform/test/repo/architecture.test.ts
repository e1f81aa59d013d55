/** Who may import whom. CONTRIBUTING.md tells why. */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { readText, repositoryFiles } from './repository.ts';

const DOMAINS = ['log-analysis', 'detections', 'alerts', 'lake', 'monitoring', 'operations', 'enrichment'];
const REGISTRIES = ['sources/index.ts', 'destinations/index.ts'];
const ALL = [
  'core',
  'ports',
  ...DOMAINS,
  'sources',
  'destinations',
  'adapters/embedded',
  'adapters/aws',
  'log-generator',
];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ports: ['core'],
  ...Object.fromEntries(DOMAINS.map((domain) => [domain, ['core', 'ports']])),
  sources: ['core', 'ports'],
  destinations: ['core', 'ports'],
  'log-generator': ['core', 'ports', 'log-analysis'],
  'adapters/embedded': ['core', 'ports'],
  'adapters/aws': ['core', 'ports'],
  api: ['core', 'ports', ...DOMAINS, ...REGISTRIES],
  cli: ['core', 'ports', ...DOMAINS, ...REGISTRIES, 'log-generator'],
  tools: [...ALL, 'cli', 'app/services.ts', 'app/warnings.ts'],
  app: [...ALL, 'api', 'cli'],
};
/** Packages that only some folders may load, and things of the process that are handed down from `app` and `cli`. */
const ONLY_IN: readonly (readonly [what: string, pattern: RegExp, folders: readonly string[]])[] = [
  ['a cloud SDK', /^(@aws-sdk|@smithy|pg($|-))/, ['adapters/aws', 'sources', 'destinations']],
  ['a driver of the lake', /^@duckdb\//, ['lake', 'adapters/embedded']],
];
const AMBIENT = /\bprocess\.env\b|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/;
const MAY_USE_AMBIENT = ['app', 'cli', 'tools', 'adapters/embedded', 'adapters/aws'];

function folderOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'adapters' ? `${first}/${second}` : first;
}

/** `path` is from `platform/src`. */
function violations(path: string, text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const folder = folderOf(path);
  const allowed = MAY_IMPORT[folder];
  if (!allowed) return [`${path}: ${folder} has no row in the table of architecture.test.ts`];
  const found = MAY_USE_AMBIENT.includes(folder) ? null : code.match(AMBIENT);
  const broken = found ? [`${path}: ${found[0]} belongs in app or cli; take it as an argument`] : [];
  for (const [, from, lazy] of code.matchAll(
    /^(?:import|export)\b[^'"`;=]*['"]([^'"]+)['"]|\bimport\(\s*'([^']+)'/gm,
  )) {
    const name = from ?? lazy ?? '';
    if (name.startsWith('.')) {
      const target = posix.join(posix.dirname(path), name);
      const isAllowed =
        folderOf(target) === folder || allowed.some((each) => each === target || each === folderOf(target));
      if (!isAllowed) broken.push(`${path}: ${folder} must not import ${target}`);
    }
    for (const [what, pattern, folders] of ONLY_IN) {
      if (pattern.test(name) && !folders.includes(folder)) broken.push(`${path}: ${what} (${name}) only in ${folders}`);
    }
  }
  return broken;
}

test('imports point from the outside to the core', () => {
  // What serves tests only may use the real adapters.
  const files = repositoryFiles().filter((path) => /^platform\/src\/.*(?<!\.test|test-support)\.ts$/.test(path));
  assert.ok(files.length > 100);
  assert.deepEqual(
    files.flatMap((path) => violations(path.slice('platform/src/'.length), readText(path))),
    [],
  );
});

const bites: readonly (readonly [path: string, text: string, message: RegExp])[] = [
  ['core/a.ts', `import type { Queue } from '../ports/queue.ts';`, /core must not import ports\/queue\.ts/],
  ['alerts/a.ts', `export { x } from '../lake/sql.ts';`, /alerts must not import lake\/sql\.ts/],
  ['lake/a.ts', `import {\n  a,\n} from '../adapters/embedded/a.ts';`, /must not import adapters\/embedded/],
  ['api/routes/a.ts', `import { http } from '../../sources/http.ts';`, /api must not import sources\/http\.ts/],
  ['cli/a.ts', `const a = () => import('../app/up.ts');`, /cli must not import app\/up\.ts/],
  ['adapters/embedded/a.ts', `import { a } from '../aws/a.ts';`, /must not import adapters\/aws/],
  ['app/a.ts', `const s3 = await import('@aws-sdk/client-s3');`, /a cloud SDK/],
  ['alerts/a.ts', 'const now = Date.now();', /Date\.now\( belongs in app or cli/],
  ['utils/a.ts', '', /utils has no row/],
];
for (const [path, text, message] of bites) {
  test(`refuses ${path}: ${text.replaceAll('\n', ' ')}`, () => assert.match(violations(path, text).join(), message));
}

test('lets through what is allowed', () => {
  const text = `// Date.now()\nimport { S } from '../../sources/index.ts';\nimport { a } from '../http/server.ts';`;
  assert.deepEqual(violations('api/routes/a.ts', text), []);
});
