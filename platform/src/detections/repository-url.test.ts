import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRef, isRepositoryUrl, parseRepositoryUrl } from './repository-url.ts';

test('https and ssh addresses are read', () => {
  for (const [given, url] of [
    ['https://github.com/o/r', 'https://github.com/o/r'],
    ['https://example.com:8443/o/r.git', 'https://example.com:8443/o/r.git'],
    ['ssh://git@example.com:22/o/r.git', 'ssh://git@example.com:22/o/r.git'],
    ['git@github.com:o/r.git', 'git@github.com:o/r.git'],
  ] as const) {
    assert.equal(isRepositoryUrl(given), true, given);
    assert.equal(parseRepositoryUrl(given).url, url);
  }
});

test('passwords and tokens are taken out of the address', () => {
  const { url, credentials } = parseRepositoryUrl('https://ann:s3cr%2Ft@example.com/o/r.git');
  assert.deepEqual([url, credentials], ['https://example.com/o/r.git', { user: 'ann', password: 's3cr/t' }]);
  assert.equal(parseRepositoryUrl('https://ghp_x@example.com/r').url, 'https://example.com/r');
  assert.equal(parseRepositoryUrl('ssh://git:pw@example.com/r').url, 'ssh://git@example.com/r');
});

test('what runs a program, reads a file, or is an option is refused, without repeating it', () => {
  for (const text of [
    'ext::sh -c evil',
    'ext::sh',
    'file:///etc/secret',
    'http://u:secret@example.com/r',
    'git://example.com/secret',
    'https://',
    'https://example.com',
    'https://example.com/r?token=secret',
    'https://example.com/r#secret',
    'https://-oProxyCommand=secret/r',
    'ssh://-oProxyCommand=secret/r',
    'ssh://-oProxy@secret/../r\n',
    'ssh://-x@example.com/secret',
    'git@-oProxyCommand=secret:r',
    'git@example.com:-secret',
    'fd::17/secret',
    'https::https://example.com/secret',
  ]) {
    assert.equal(isRepositoryUrl(text), true, `${text} is no path`);
    assert.throws(
      () => parseRepositoryUrl(text),
      (error) => /no address of a repository/.test(String(error)) && !String(error).includes('secret'),
      text,
    );
  }
});

test('paths are no addresses', () => {
  for (const path of ['rules', './a@b/c', '/srv/git/r.git', 'C:\\rules', '../x', 'a b', 'rules.zip'])
    assert.equal(isRepositoryUrl(path), false, path);
});

test('a ref is a name: no option, no refspec, no expression', () => {
  for (const ref of ['main', 'v1.2', 'feature/x#1', 'ümlaut', '4f1c2d8', 'HEAD']) assert.equal(checkRef(ref), ref);
  for (const ref of [
    '',
    '-x',
    '--upload-pack=x',
    '+main',
    'a:b',
    'a..b',
    'HEAD~1',
    '@{u}',
    'a b',
    'a*',
    '/x',
    'x/',
    'a\nb',
  ])
    assert.throws(() => checkRef(ref), /is no branch, tag or commit/, ref);
});
