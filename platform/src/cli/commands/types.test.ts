import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../../../test/support/run-command.ts';
import { types } from './types.ts';
import { validate } from './validate.ts';

const NO_DATA = ['--data-dir', join(tmpdir(), 'panther-types-nothing')];
const CONTENT = join(import.meta.dirname, '../../../../content/detections');

const SCHEMA = `schema: Acme.Audit
description: Who did what at Acme.
fields:
  - { name: time, type: timestamp, isEventTime: true, required: true }
  - { name: user-name, type: string }
  - name: actor
    type: object
    description: 'Ends */ nothing.'
    fields:
      - { name: roles, type: array, element: { type: string } }
      - { name: more, type: json }
`;

const head = (id: string, more = '') =>
  `import { type Event, getCounter } from 'panther';\nexport const id = '${id}';\nexport const logTypes = ['Acme.Audit'];\nexport const severity = 'LOW';\n${more}`;
const FILES: Readonly<Record<string, string>> = {
  'good.ts': head(
    'Good',
    `export function rule(event: Event<'Acme.Audit'>): boolean {
  return getCounter('a') > 0 && event.actor?.roles?.includes('admin') === true && event['user-name'] !== event.p_source_id;
}
`,
  ),
  'field.ts': head(
    'Field',
    `export function rule(event: Event<'Acme.Audit'>): boolean {
  return event.actor?.role === getCounter(1);
}
`,
  ),
  'returns.ts': head(
    'Returns',
    `export function rule(event: Event<'Acme.Audit'>) {
  return event.actor;
}
export function title(event: Event<'Okta.SystemLog'>) {
  return event.eventType;
}
export function dedup(event: Event<'Acme.Audit'>) {
  if (event.actor) return 'a';
}
export function tittle() {}
`,
  ),
  'imports.ts': `import { x } from './good.ts';\nexport const id = 'Imports';\nexport const logTypes = ['Acme.Audit'];\nexport const severity = 'LOW';\nexport const rule = () => x;\n`,
  'enum.yml':
    'AnalysisType: rule\nRuleID: Enum\nFilename: enum.ts\nEnabled: true\nSeverity: Low\nLogTypes: [Acme.Audit]\n',
  'enum.ts': 'const a = 1;\nenum B { C }\nexport function rule() { return a === B.C; }\n',
  'none.yml':
    'AnalysisType: rule\nRuleID: None\nFilename: none.ts\nEnabled: true\nSeverity: Low\nLogTypes: [Acme.Audit]\n',
  'none.ts': 'export const a = 1;\n',
};

const EXPECTED: readonly (readonly [string, RegExp])[] = [
  ['error field.ts:6:23', /Property 'role' does not exist.*Did you mean 'roles'/],
  ['error field.ts:6:43', /'number' is not assignable to parameter of type 'string'/],
  ['error returns.ts:5:1', /^rule: .*does not satisfy.*boolean/],
  ['error returns.ts:8:1', /^title: .*Acme_Audit_Event/],
  ['error returns.ts:11:1', /^dedup: .*string/],
  ['error returns.ts:11:17', /Not all code paths return a value/],
  ['warning returns.ts:14:8', /Panther calls no function tittle/],
  ['error imports.ts:1:1', /cannot import ".\/good\.ts"/],
  ['error enum.ts:2:1', /enum is not supported/],
  ['error none.ts:1:1', /no exported function rule/],
];

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'panther-types-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('TypeScript is checked against the types of its events; mistakes have file, line and column', async () => {
  const cwd = folderWith({ ...FILES, 'acme.schema': SCHEMA });
  const { status, stdout, stderr } = await runCommand(
    validate,
    ['--json', '--schema', 'acme.schema', ...NO_DATA, '.'],
    { cwd },
  );
  assert.equal(status, 1, stderr);
  const { problems } = JSON.parse(stdout) as { problems: readonly Record<string, unknown>[] };
  const told = problems.map((one) => `${one.level} ${one.file}:${one.line}:${one.column} ${one.message}`);
  for (const [place, message] of EXPECTED) {
    const found = told.find((one) => one.startsWith(`${place} `) && message.test(one.slice(place.length + 1)));
    assert.ok(found, `${place} ${message}\n${told.join('\n')}`);
  }
  assert.equal(told.length, EXPECTED.length, told.join('\n'));
});

test('types has the types of schemas that are given, and leaves a tsconfig.json alone', async () => {
  const cwd = folderWith({ 'acme.schema': SCHEMA });
  mkdirSync(join(cwd, 'out'));
  writeFileSync(join(cwd, 'out/tsconfig.json'), '{}');
  const { status, stderr } = await runCommand(types, ['--out', 'out', '--schema', 'acme.schema', ...NO_DATA], { cwd });
  assert.equal(status, 0, stderr);
  const text = readFileSync(join(cwd, 'out/panther.d.ts'), 'utf8');
  assert.match(text, /readonly 'Acme\.Audit': Acme_Audit_Event;/);
  assert.match(text, /readonly 'user-name'\?: string;/);
  assert.match(text, /readonly roles\?: ReadonlyArray<string>;/);
  assert.match(text, /Ends \* \/ nothing\./);
  assert.equal(readFileSync(join(cwd, 'out/tsconfig.json'), 'utf8'), '{}');
  const first = await runCommand(types, ['--out', 'new', ...NO_DATA], { cwd });
  assert.equal(first.status, 0, first.stderr);
  assert.equal(JSON.parse(readFileSync(join(cwd, 'new/tsconfig.json'), 'utf8')).compilerOptions.strict, true);
});

test('the starter rules in TypeScript fit the types of their events', async () => {
  const rules = globSync('**/*.ts', { cwd: CONTENT }).map((file) => join(CONTENT, file.replace(/ts$/, 'yml')));
  assert.ok(rules.length >= 6);
  const { stdout, stderr } = await runCommand(validate, ['--json', ...NO_DATA, ...rules]);
  assert.doesNotMatch(stderr, /types are not checked/);
  assert.deepEqual(JSON.parse(stdout).problems, []);
});
