import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import { parseFilter } from './filter.ts';

const notification = JSON.stringify({
  Type: 'Notification',
  Message: JSON.stringify({ Records: [{ s3: { bucket: { name: 'logs' }, object: { key: 'a b/ü.gz', size: 12 } } }] }),
});
const message = {
  body: notification,
  attributes: { type: 'LogData', id: 'AWS.CloudTrail', empty: '', 'a=b': 'c' },
};

const cases: readonly (readonly [filter: string, matches: boolean])[] = [
  ['Notification', true],
  ['notification', false],
  ['/notification/', false],
  ['/notification/i', true],
  ['!/notification/i', false],
  ['$.Type=Notification', true],
  ['$.Type!=Notification', false],
  ['$.Message.Records[0].s3.object.key=a b/ü.gz', true],
  ['$.Message["Records"][0].s3.object.size=12', true],
  ['$.Message.Records[0].s3.object.key~^a .*\\.gz$', true],
  ['$.Message.Records[1].s3.object.key~.', false],
  ['$.Message.Records[1].s3.object.key!=a', true],
  ['!$.Message.Records[1]=a', true],
  ['$.Message.Records[0].s3.bucket={"name":"logs"}', true],
  ['$.constructor~.', false],
  ['@type=LogData', true],
  ['@type=RuleMatches', false],
  ['@id~^AWS\\.', true],
  ['@absent=', false],
  ['@empty=', true],
  ['@absent!=x', true],
  ['!@type=LogData', false],
  ['!', false],
];
for (const [filter, matches] of cases) {
  test(`${filter} ${matches ? 'takes' : 'leaves'} the message`, () =>
    assert.equal(parseFilter(filter)(message), matches));
}

test('a body that is not JSON has no values', () => {
  assert.equal(parseFilter('$.a=b')({ body: 'a=b', attributes: {} }), false);
  assert.equal(parseFilter('$.a!=b')({ body: 'a=b', attributes: {} }), true);
});

for (const text of ['', '/(/', '$.a', '$.a[=b', '@type', '@id~(']) {
  test(`refuses the filter ${JSON.stringify(text)}`, () => assert.throws(() => parseFilter(text), UserError));
}
