import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAttributesOf, publishedEvent } from './published.ts';

const attributesOf = createAttributesOf(['AWS.CloudTrail', 'Custom.My-Log']);
const rest = '/year=2026/month=01/day=02/hour=03/x.json.gz';

const cases: readonly (readonly [key: string, type: string, id: string])[] = [
  [`logs/aws_cloudtrail${rest}`, 'LogData', 'AWS.CloudTrail'],
  [`logs/custom_my_log${rest}`, 'LogData', 'Custom.My-Log'],
  [`rules/aws_cloudtrail${rest}`, 'RuleMatches', 'AWS.CloudTrail'],
  [`rule_matches/aws_cloudtrail${rest}`, 'RuleMatches', 'AWS.CloudTrail'],
  [`rule_errors/aws_cloudtrail${rest}`, 'RuleErrors', 'AWS.CloudTrail'],
  [`cloud_security/resource_history${rest}`, 'CloudSecurity', 'Resource.History'],
];
for (const [key, type, id] of cases) {
  test(`${key} is ${type} of ${id}`, () => assert.deepEqual(attributesOf(key), { type, id }));
}

test('an unknown table or kind is an error', () => {
  assert.throws(() => attributesOf('logs/nobody_knows/x'), /no log type has the table "nobody_knows"/);
  assert.throws(() => attributesOf('AWSLogs/1/x'), /"AWSLogs" is no kind of processed data/);
  assert.throws(() => attributesOf('constructor/aws_cloudtrail/x'), /is no kind/);
});

test('publishes a notification of S3', () => {
  const event = publishedEvent({ bucket: 'b', key: 'logs/a b+%', sizeBytes: 3 });
  const s3 = { bucket: { name: 'b' }, object: { key: 'logs/a b%2B%25', size: 3 } };
  assert.deepEqual(JSON.parse(event), {
    Records: [{ eventVersion: '2.0', eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3 }],
  });
});
