import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { strToU8, type Zippable, zipSync } from 'fflate';
import { archiveFiles, folderOfArchive } from './archive.ts';
import { loadDetections } from './load.ts';
import { readZip } from './zip.ts';

const rule = (id: string, code = 'r.py') =>
  `AnalysisType: rule\nRuleID: ${id}\nEnabled: true\nSeverity: Low\nLogTypes: [AWS.CloudTrail]\nFilename: ${code}\n`;
const CODE = 'def rule(event):\n    return True\n';

function zipped(files: Readonly<Record<string, string | [Uint8Array, object]>>): Uint8Array {
  const entries = Object.entries(files).map(([name, one]) => [name, typeof one === 'string' ? strToU8(one) : one]);
  return zipSync(Object.fromEntries(entries) as Zippable);
}

const idsIn = (bytes: Uint8Array, folder = '') =>
  loadDetections(folderOfArchive(readZip(bytes, 'c.zip'), folder)).detections.map(({ id }) => id);

/** Writes into the headers of the one entry, at their offsets in the directory and before the data. */
function withSize(zip: Uint8Array, size: number): Uint8Array {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  for (let at = 0; at < zip.length - 4; at++) {
    if (view.getUint32(at, true) === 0x04034b50) view.setUint32(at + 22, size, true);
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, size, true);
  }
  return zip;
}

test('a zip of a repository, as a forge makes it: one top folder, comment, things beside the content', () => {
  const files = {
    'repo-1.2/README.md': '# x',
    'repo-1.2/.github/workflows/ci.yml': 'AnalysisType: rule',
    'repo-1.2/package.json': '{}',
    'repo-1.2/rules/a/a.yml': rule('A'),
    'repo-1.2/rules/a/r.py': CODE,
    'repo-1.2/global_helpers/h.yml': 'AnalysisType: global\nGlobalID: h\nFilename: h.py\n',
    'repo-1.2/global_helpers/h.py': '',
    'repo-1.2/templates/t.yml': rule('T'),
  };
  const plain = zipped(files);
  plain[plain.length - 2] = 40; // the length of the comment: the commit
  const zip = Buffer.concat([plain, Buffer.from('e4f1c2d8'.repeat(5))]);
  assert.deepEqual(idsIn(zip), ['h', 'A']);
  assert.deepEqual(idsIn(zip, 'rules/a'), ['A', 'h'], 'a part of it comes with its helper modules');
  assert.throws(() => idsIn(zip, 'policies'), /there is no content in a folder policies/);
  for (const folder of ['../x', '/etc', 'a/../../x']) assert.throws(() => idsIn(zip, folder), /no folder inside/);
});

test('a flat zip: code and specifications apart', () => {
  assert.deepEqual(idsIn(zipped({ 'specs/a.yml': rule('A'), 'code/r.py': CODE })), ['A']);
});

test('a name that leads out is refused', () => {
  for (const name of ['../../etc/a.yml', '/etc/a.yml', 'rules/../../a.yml', '..\\a.yml', 'C:\\a.yml', '../link/'])
    assert.throws(() => readZip(zipped({ [name]: rule('A') }), 'c.zip'), /leads out of it/, name);
});

test('code outside of the zip is not read, whatever a specification names', () => {
  const { detections, problems } = loadDetections(
    readZip(zipped({ 'a.yml': rule('A', `../../../../../../../..${import.meta.filename}`) }), 'c.zip'),
  );
  assert.deepEqual(detections, []);
  assert.match(problems[0]?.message ?? '', /cannot read/);
});

test('a link is no file, and leads nowhere', () => {
  const link = { os: 3, attrs: (0o120777 << 16) >>> 0 };
  const archive = readZip(
    zipped({ 'a.yml': rule('A'), 'r.py': [strToU8('/etc/passwd'), link], 'b.yml': [strToU8('/etc/b.yml'), link] }),
    'c.zip',
  );
  assert.deepEqual([...archive.texts.keys()], ['a.yml']);
  assert.match(loadDetections(archive).problems[0]?.message ?? '', /cannot read r\.py/);
});

test('a bomb is refused, by what it says and by what it is', () => {
  const zeros = zipped({ 'a.yml': [new Uint8Array(21_000_000), {}] });
  assert.throws(() => readZip(zeros, 'c.zip'), /a\.yml is too large/);
  assert.throws(() => readZip(withSize(zeros, 10), 'c.zip'), /a\.yml is damaged, or larger than it says/);
  const many = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`${index}.yml`, '']));
  const all = withSize(zipped(many), 20_000_000);
  assert.throws(() => readZip(all, 'c.zip'), /\d+\.yml is too large/, 'all of it, before any is unpacked');
});

test('what is no content is not unpacked: it may be as large as it likes', () => {
  assert.deepEqual(idsIn(zipped({ 'big.bin': [new Uint8Array(30_000_000), {}], 'a.yml': rule('A'), 'r.py': CODE })), [
    'A',
  ]);
});

test('an entry twice is refused: readers do not agree on which is meant', () => {
  const zip = Buffer.from(zipped({ 'a.yml': 'x', 'b.yml': 'y' }));
  const twice = Buffer.from(zip.toString('latin1').replaceAll('b.yml', 'a.yml'), 'latin1');
  assert.throws(() => readZip(twice, 'c.zip'), /a\.yml twice/);
});

test('damage is told, and never anything but a mistake of the user', () => {
  const zip = zipped({ 'rules/a.yml': rule('A'), 'rules/r.py': CODE });
  assert.throws(() => readZip(zip.subarray(0, -30), 'c.zip'), /^c\.zip: cannot be read as a zip file/);
  assert.throws(() => readZip(strToU8('no zip at all'), 'c.zip'), /cannot be read as a zip file/);
  fc.assert(
    fc.property(fc.nat(zip.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Uint8Array.from(zip);
      damaged[at] = byte;
      try {
        archiveFiles(readZip(damaged, 'c.zip'));
      } catch (error) {
        assert.match(String(error), /cannot be read as a zip file/);
      }
    }),
    { numRuns: 500 },
  );
});
