/** Time per event of the index with 10, 150 and 1,000 rules about CloudTrail. `node bench/rule-index.ts` */

import { createRuleIndex } from '../platform/src/detections/planner/rule-index.ts';
import { planTypeScript } from '../platform/src/detections/planner/typescript.ts';

const EVENTS = 20_000;
const ROUNDS = 10;
const BUSY = [
  'AssumeRole',
  'DescribeInstances',
  'GetObject',
  'PutObject',
  'Decrypt',
  'ListBuckets',
  'GetCallerIdentity',
];
const SERVICES = ['sts', 'ec2', 's3', 'kms'];

function ruleSource(index: number): string {
  const name = `Action${index}`;
  if (index % 10 === 9)
    return `export const rule = (event) => event.sourceIPAddress === '192.0.2.${index % 250}' && !event.errorCode;`;
  if (index % 10 === 8)
    return `export function rule(event) { if (!['${name}', 'X${name}'].includes(event.eventName)) return false; return event.userIdentity?.type === 'Root'; }`;
  return `export function rule(event) { if (event.eventName !== '${name}') return false; return event.errorCode === undefined; }`;
}

function eventAt(index: number): object {
  return {
    eventVersion: '1.08',
    userIdentity: {
      type: 'AssumedRole',
      principalId: 'AROAEXAMPLE:x',
      arn: 'arn:aws:sts::123456789012:assumed-role/x',
      accountId: '123456789012',
    },
    eventTime: '2026-01-02 03:04:05.000000000',
    eventSource: `${SERVICES[index % SERVICES.length]}.amazonaws.com`,
    eventName: index % 1_000 === 0 ? 'Action1' : BUSY[index % BUSY.length],
    awsRegion: 'eu-west-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-sdk-go',
    requestParameters: { bucketName: 'logs', key: `k${index}` },
    responseElements: null,
    requestID: `r${index}`,
    eventID: `e${index}`,
    readOnly: true,
    eventType: 'AwsApiCall',
    recipientAccountId: '123456789012',
    p_log_type: 'AWS.CloudTrail',
    p_row_id: `${index}`,
    p_event_time: '2026-01-02 03:04:05.000000000',
    p_parse_time: '2026-01-02 03:04:06.000000000',
  };
}

const events = Array.from({ length: EVENTS }, (_, index) => eventAt(index));
for (const size of [10, 150, 1_000]) {
  const rules = Array.from({ length: size }, (_, key) => ({ key, condition: planTypeScript(ruleSource(key)) }));
  const startedAt = performance.now();
  const index = createRuleIndex(rules);
  const built = performance.now() - startedAt;
  const out: number[] = [];
  let found = 0;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = performance.now();
    for (const event of events) found += index.candidates(event, out);
    times.push(((performance.now() - from) * 1e6) / EVENTS);
  }
  times.sort((a, b) => a - b);
  console.log(
    `${size} rules: ${times[ROUNDS / 2]?.toFixed(0)} ns/event, ${found / ROUNDS} candidates of ${EVENTS} events, built in ${built.toFixed(1)} ms`,
  );
}
