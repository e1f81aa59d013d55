import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../core/errors.ts';
import { createObjectFilter, keyTime, type ObjectConditions } from './object-filter.ts';

const object = {
  key: 'AWSLogs/1/CloudTrail/a b.json.gz',
  sizeBytes: 100,
  modifiedAt: new Date('2026-01-02T03:00:00Z'),
};

const cases: readonly (readonly [why: string, conditions: Partial<ObjectConditions>, key: string, taken: boolean])[] = [
  ['no condition', {}, object.key, true],
  ['a glob of the name', { patterns: ['*.json.gz'] }, object.key, true],
  ['another glob', { patterns: ['*.csv'] }, object.key, false],
  ['one of several', { patterns: ['*.csv', '/cloudtrail/i'] }, object.key, true],
  ['a glob of the whole key', { patterns: ['AWSLogs/*/CloudTrail/**'] }, object.key, true],
  ['a glob of a hidden name', { patterns: ['*'] }, 'x/.hidden', true],
  ['a regular expression', { patterns: ['/^AWSLogs\\/\\d+\\//'] }, object.key, true],
  ['modified since', { modifiedSince: object.modifiedAt }, object.key, true],
  ['modified before', { modifiedBefore: object.modifiedAt }, object.key, false],
  ['a size', { minBytes: 100, maxBytes: 100 }, object.key, true],
  ['too small', { minBytes: 101 }, object.key, false],
  ['too large', { maxBytes: 99 }, object.key, false],
  ['a folder', {}, 'AWSLogs/', false],
  ['a key time', { keyTimeSince: new Date('2026-01-02T03:00Z') }, 'x/2026/01/02/03/a.gz', true],
  ['an earlier key time', { keyTimeSince: new Date('2026-01-02T04:00Z') }, 'x/2026/01/02/03/a.gz', false],
  ['a later key time', { keyTimeBefore: new Date('2026-01-02T03:00Z') }, 'x/2026/01/02/03/a.gz', false],
  ['no time in the key', { keyTimeBefore: new Date('2026-01-02T03:00Z') }, 'x/a.gz', false],
];
for (const [why, conditions, key, taken] of cases) {
  test(`${why}: ${taken ? 'taken' : 'left'}`, () =>
    assert.equal(createObjectFilter({ patterns: [], ...conditions })({ ...object, key }), taken));
}

test('an empty object is never taken', () =>
  assert.equal(createObjectFilter({ patterns: [] })({ ...object, sizeBytes: 0 }), false));

test('refuses what is no pattern', () => {
  for (const pattern of ['', '/(/']) assert.throws(() => createObjectFilter({ patterns: [pattern] }), UserError);
});

const keys: readonly (readonly [key: string, time: string | undefined])[] = [
  ['logs/aws_cloudtrail/year=2026/month=1/day=2/hour=3/a.parquet', '2026-01-02T03:00:00.000Z'],
  ['logs/aws_cloudtrail/year=2026/month=01/day=02/hour=03/x.json.gz', '2026-01-02T03:00:00.000Z'],
  [
    'o/AWSLogs/1/CloudTrail/us-east-1/2026/01/02/1_CloudTrail_us-east-1_20260102T0304Z_x.json.gz',
    '2026-01-02T03:04:00.000Z',
  ],
  ['access/2026-01-02-03-04-05-ABCDEF', '2026-01-02T03:04:00.000Z'],
  ['flow/2026/01/02/flow.log', '2026-01-02T00:00:00.000Z'],
  ['firehose/2026/01/02/03/x', '2026-01-02T03:00:00.000Z'],
  ['x/2026-01-02.log', '2026-01-02T00:00:00.000Z'],
  ['x/2026/02/30/y', undefined],
  ['x/20261302T0304Z', undefined],
  ['x/120260102T0304Z0', undefined],
  ['x/y.log', undefined],
];
for (const [key, time] of keys) test(`${key} tells ${time}`, () => assert.equal(keyTime(key)?.toISOString(), time));
