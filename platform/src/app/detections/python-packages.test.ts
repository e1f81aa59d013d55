/** Packages for Python detections, from an index of our own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { runCommand } from '../../../test/support/run-command.ts';
import { packages } from '../../cli/commands/packages.ts';
import { test as testCommand } from '../../cli/commands/test.ts';
import { validate } from '../../cli/commands/validate.ts';
import { sha256Hex } from '../../core/ids.ts';

/** A wheel with the files of a package. */
function wheel(
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
  requires: readonly string[] = [],
) {
  const metadata = [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    ...requires.map((one) => `Requires-Dist: ${one}`),
  ];
  const all = { ...files, [`${name}-${version}.dist-info/METADATA`]: `${metadata.join('\n')}\n` };
  return zipSync(Object.fromEntries(Object.entries(all).map(([path, text]) => [path, strToU8(text)])));
}

const needs = ['tiny>=1,<2; python_version >= "3.8"', 'winonly; sys_platform == "win32"', 'extra; extra == "more"'];
const WHEELS: Readonly<Record<string, Uint8Array>> = {
  'shapes-1.0-py3-none-any.whl': wheel('shapes', '1.0', { 'shapes/__init__.py': 'SIDES = 3\n' }),
  'shapes-1.2-py2.py3-none-any.whl': wheel(
    'shapes',
    '1.2',
    {
      'shapes/__init__.py':
        'import json, os, tiny\nSIDES = json.load(open(os.path.join(os.path.dirname(__file__), "sides.json")))\n',
      'shapes/sides.json': '4',
      'shapes/names.py': 'def name_of(sides):\n    return {4: "square"}[sides]\n',
    },
    needs,
  ),
  'shapes-2.0rc1-py3-none-any.whl': wheel('shapes', '2.0rc1', { 'shapes/__init__.py': 'SIDES = 5\n' }),
  'tiny-1.9-py3-none-any.whl': wheel('tiny', '1.9', { 'tiny.py': 'x = 1\n' }),
  'tiny-2.0-py3-none-any.whl': wheel('tiny', '2.0', { 'tiny.py': 'x = 2\n' }),
  'fast-1.0-cp313-cp313-manylinux_2_17_x86_64.whl': new Uint8Array(),
};
let served: Record<string, Uint8Array> = { ...WHEELS };
let asked = 0;
let server: Server;
let indexUrl = '';

before(async () => {
  server = createServer((request, response) => {
    asked += 1;
    const [, kind, name = ''] = (request.url ?? '').split('/');
    const files = Object.keys(served).filter((file) => file.startsWith(`${name}-`));
    if (kind === 'files') response.end(served[name]);
    else if (files.length === 0) response.writeHead(404).end();
    else
      response.end(
        JSON.stringify({
          files: files.map((filename) => ({
            filename,
            url: `../../files/${filename}`,
            hashes: { sha256: sha256Hex(WHEELS[filename] as Uint8Array) },
          })),
        }),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  indexUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`;
});
after(() => server.close());

function workFolder(...list: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'panther-packages-'));
  mkdirSync(join(folder, 'deployments'));
  writeFileSync(join(folder, 'deployments/panther_config.yml'), `Infra:\n  PipLayer: ${JSON.stringify(list)}\n`);
  return folder;
}

const fetchInto = (folder: string) =>
  runCommand(packages, ['--json', '--data-dir', join(folder, 'data'), '--index-url', indexUrl], { cwd: folder });

test('packages are fetched once with what they need, and detections import them', async () => {
  const folder = workFolder('Shapes');
  const { status, stdout, stderr } = await fetchInto(folder);
  assert.equal(status, 0, stderr);
  const fetched = JSON.parse(stdout).packages.map(({ name, version }: Record<string, string>) => `${name} ${version}`);
  assert.deepEqual(fetched, ['shapes 1.2', 'tiny 1.9']);
  const before = asked;
  assert.equal((await fetchInto(folder)).stdout, stdout);
  assert.equal(asked, before, 'the index is not asked again');

  writeFileSync(
    join(folder, 'rule.yml'),
    'AnalysisType: rule\nRuleID: Shape\nFilename: rule.py\nEnabled: true\nSeverity: Low\nLogTypes: [AWS.CloudTrail]\nTests:\n  - {Name: a, ExpectedResult: true, Log: {}}\n',
  );
  writeFileSync(
    join(folder, 'rule.py'),
    'import shapes\nfrom shapes import SIDES, names\nfrom shapes.names import name_of\ndef rule(event):\n    return name_of(SIDES) == "square" == names.name_of(shapes.SIDES)\n',
  );
  const own = ['--data-dir', join(folder, 'data')];
  assert.equal((await runCommand(testCommand, ['--path', folder, ...own])).status, 0);
  assert.equal((await runCommand(validate, [folder, ...own])).status, 0);
  const without = await runCommand(testCommand, ['--path', folder, '--data-dir', join(folder, 'nothing')]);
  assert.equal(without.status, 1);
  assert.match(
    without.stdout,
    /No module named 'shapes'.*run `panther packages`, which fetches those that PipLayer in deployments\/panther_config\.yml lists/,
  );

  writeFileSync(join(folder, 'data/python-packages/tiny-1.9-py3-none-any.whl'), 'changed');
  assert.match(
    without.stdout,
    /failed for a module that is missing: if it is a Python package, run `panther packages` once/,
  );
  assert.equal((await runCommand(testCommand, ['--path', folder, ...own])).status, 1);
  assert.equal((await fetchInto(folder)).status, 0);
  assert.equal((await runCommand(testCommand, ['--path', folder, ...own])).status, 0);
});

test('what was fetched stays pinned: another file of the same version is refused', async () => {
  const folder = workFolder('tiny==1.9');
  assert.equal((await fetchInto(folder)).status, 0);
  writeFileSync(join(folder, 'data/python-packages/tiny-1.9-py3-none-any.whl'), '');
  served = { ...WHEELS, 'tiny-1.9-py3-none-any.whl': wheel('tiny', '1.9', { 'tiny.py': 'evil = 1\n' }) };
  try {
    const { status, stderr } = await fetchInto(folder);
    assert.equal(status, 2);
    assert.match(stderr, /has the digest [0-9a-f]{64}, which is not the expected one/);
  } finally {
    served = { ...WHEELS };
  }
});

const REFUSED: Readonly<Record<string, readonly [string, RegExp]>> = {
  'has no pure-Python wheel': ['fast==1.0', /no pure-Python wheel.*of fast/],
  'has no such version': ['tiny==3', /no such version as a wheel of tiny/],
  'is not in the index': ['nobody', /nobody\/ answered 404/],
  'is no requirement': ['a b c', /"a b c" is not a package like name==1\.2\.3/],
  'has another digest than asked for': [`tiny==1.9 --hash=sha256:${'0'.repeat(64)}`, /not the expected one/],
};
for (const [what, [requirement, expected]] of Object.entries(REFUSED)) {
  test(`a package that ${what} is refused`, async () => {
    const folder = workFolder(requirement);
    const { status, stderr } = await fetchInto(folder);
    assert.notEqual(status, 0);
    assert.match(stderr, expected);
    assert.equal(existsSync(join(folder, 'data/python-packages/packages.json')), false);
  });
}

test('two packages that need different versions are told', async () => {
  const { status, stderr } = await fetchInto(workFolder('tiny==2.0', 'shapes'));
  assert.equal(status, 2);
  assert.match(stderr, /tiny is needed in two versions/);
});

test('without network it is told what to do', async () => {
  const folder = workFolder('tiny');
  const argv = ['--data-dir', join(folder, 'data'), '--index-url', 'http://127.0.0.1:1/simple/'];
  const { status, stderr } = await runCommand(packages, argv, { cwd: folder });
  assert.equal(status, 1);
  assert.match(stderr, /cannot fetch http:\/\/127\.0\.0\.1:1\/simple\/tiny\/.*copy the folder of packages/s);
});

test('the list is found where it is given, and a missing one is told', async () => {
  const folder = workFolder();
  const { stderr } = await runCommand(packages, ['--config', 'nowhere.yml'], { cwd: folder });
  assert.match(stderr, /nowhere\.yml: there is no such file; list packages in it/);
  assert.match((await runCommand(packages, [], { cwd: folder })).stderr, /lists no packages in PipLayer/);
  assert.match(
    readFileSync(new URL('../../../../deployments/panther_config.yml', import.meta.url), 'utf8'),
    /policyuniverse==/,
  );
});
