/** AWS.CloudTrail: an account where services assume roles, people look around, and somebody now and then goes wrong. */
import {
  ACCOUNT,
  addressOf,
  BROWSERS,
  hostileAddress,
  INTRUDER,
  PEOPLE,
  type Person,
  REGION,
  seconds,
  usualAddress,
} from '../cast.ts';
import type { Generator, LineAt } from '../generator.ts';
import type { Random } from '../random.ts';

interface Call {
  readonly name: string;
  readonly source: string;
  readonly request: object | null;
  readonly response?: object | null;
  readonly isWrite?: boolean;
  readonly isDenied?: boolean;
}

const BUCKETS = ['example-reports', 'example-logs', 'example-assets'] as const;

const FUNCTIONS = ['orders', 'payments', 'thumbnails', 'reports'] as const;

type Choices = readonly [(random: Random) => Call, ...((random: Random) => Call)[]];

const CALLS: Choices = [
  () => ({ name: 'DescribeInstances', source: 'ec2', request: { instancesSet: {}, filterSet: {} } }),
  () => ({ name: 'ListBuckets', source: 's3', request: { Host: 's3.amazonaws.com' } }),
  (random) => ({ name: 'GetBucketLocation', source: 's3', request: { bucketName: random.pick(BUCKETS) } }),
  () => ({ name: 'GetCallerIdentity', source: 'sts', request: null }),
  (random) => ({ name: 'DescribeAlarms', source: 'monitoring', request: { maxRecords: random.int(10, 100) } }),
  (random) => ({ name: 'GetUser', source: 'iam', request: { userName: random.pick(PEOPLE).name } }),
  () => ({ name: 'DescribeTrails', source: 'cloudtrail', request: { trailNameList: [] } }),
  (random) => ({
    name: 'Decrypt',
    source: 'kms',
    request: {
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      keyId: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${random.uuid()}`,
    },
  }),
  () => ({ name: 'DescribeSecurityGroups', source: 'ec2', request: { maxResults: 100 } }),
  () => ({ name: 'DescribeVolumes', source: 'ec2', request: { volumeSet: {}, filterSet: {} } }),
  (random) => ({ name: 'ListObjects', source: 's3', request: { bucketName: random.pick(BUCKETS), 'list-type': '2' } }),
  (random) => ({ name: 'GetBucketPolicy', source: 's3', request: { bucketName: random.pick(BUCKETS) } }),
  () => ({ name: 'ListRoles', source: 'iam', request: { maxItems: 100 } }),
  () => ({ name: 'ListFunctions20150331', source: 'lambda', request: null }),
  (random) => ({ name: 'GetFunction20150331v2', source: 'lambda', request: { functionName: random.pick(FUNCTIONS) } }),
  (random) => ({
    name: 'GetSecretValue',
    source: 'secretsmanager',
    request: { secretId: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${random.pick(FUNCTIONS)}` },
  }),
  (random) => ({
    name: 'DescribeLogStreams',
    source: 'logs',
    request: { logGroupName: `/aws/lambda/${random.pick(FUNCTIONS)}` },
  }),
  (random) => ({ name: 'CreateLogStream', source: 'logs', request: { logStreamName: random.hex(32) }, isWrite: true }),
  () => ({ name: 'DescribeDBInstances', source: 'rds', request: { maxRecords: 100 } }),
  (random) => ({
    name: 'GetQueueAttributes',
    source: 'sqs',
    request: { queueUrl: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${random.pick(FUNCTIONS)}` },
  }),
  (random) => ({
    name: 'AssumeRole',
    source: 'sts',
    request: {
      roleArn: `arn:aws:iam::${ACCOUNT}:role/ReadOnly`,
      roleSessionName: random.pick(PEOPLE).name,
      durationSeconds: 3_600,
    },
  }),
  (random) => ({
    name: 'PutMetricAlarm',
    source: 'monitoring',
    request: { alarmName: `cpu-${random.hex(4)}`, threshold: 80 },
    isWrite: true,
  }),
];

const ATTACK_CALLS = {
  'AWS.CloudTrail.LoggingStopped': {
    name: 'StopLogging',
    source: 'cloudtrail',
    request: { name: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/main` },
    isWrite: true,
  },
  'AWS.IAM.AdministratorPolicyAttached': {
    name: 'AttachUserPolicy',
    source: 'iam',
    request: { userName: INTRUDER.name, policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
    isWrite: true,
  },
} as const satisfies Record<string, Call>;

export const cloudtrail: Generator = {
  logType: 'AWS.CloudTrail',
  line(random) {
    if (random.chance(0.05)) {
      const person = random.pick(PEOPLE);
      return signIn(random, { type: 'IAMUser', mfa: 'Yes', address: addressOf(random, person), person });
    }
    const call = { ...random.pick(CALLS)(random), isDenied: random.chance(0.02) };
    const person = random.pick(PEOPLE);
    if (random.chance(0.25)) return apiCall(random, call, role(random), usualAddress(random));
    return apiCall(
      random,
      call,
      random.chance(0.5) ? session(random, person) : user(person),
      addressOf(random, person),
    );
  },
  attacks: [
    ...Object.entries(ATTACK_CALLS).map(([ruleId, call]) => ({
      ruleId,
      lines: (random: Random) => [apiCall(random, call, user(INTRUDER), hostileAddress(random))],
    })),
    {
      ruleId: 'AWS.IAM.AccessKeyCreatedForAnotherUser',
      lines(random) {
        const { name } = random.pick(PEOPLE);
        const accessKey = { accessKeyId: accessKeyId('AKIA', random), status: 'Active', userName: name };
        const call = { name: 'CreateAccessKey', source: 'iam', request: { userName: name }, response: { accessKey } };
        return [apiCall(random, { ...call, isWrite: true }, user(INTRUDER), hostileAddress(random))];
      },
    },
    {
      ruleId: 'AWS.CloudTrail.RootConsoleSignIn',
      lines: (random) => [signIn(random, { type: 'Root', mfa: 'No', address: hostileAddress(random) })],
    },
    {
      ruleId: 'AWS.CloudTrail.ConsoleSignInWithoutMFA',
      lines: (random) => [signIn(random, { type: 'IAMUser', mfa: 'No', address: hostileAddress(random) })],
    },
  ],
};

function user({ name }: Person): object {
  return {
    type: 'IAMUser',
    principalId: `AIDA${name.toUpperCase().padEnd(17, 'X')}`,
    arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
    accountId: ACCOUNT,
    userName: name,
  };
}

function role(random: Random): object {
  const name = random.pick(['Deploy', 'LogProcessor', 'ReadOnly']);
  const issuer = { type: 'Role', principalId: 'AROAEXAMPLEEXAMPLEXXX', arn: `arn:aws:iam::${ACCOUNT}:role/${name}` };
  return {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLEEXAMPLEXXX:${name.toLowerCase()}`,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/${name.toLowerCase()}`,
    accountId: ACCOUNT,
    accessKeyId: accessKeyId('ASIA', random),
    sessionContext: { sessionIssuer: { ...issuer, accountId: ACCOUNT, userName: name } },
  };
}

/** Somebody who has taken a role. */
function session(random: Random, { name }: Person): object {
  const role = random.pick(['ReadOnly', 'Developer']);
  const issuer = { type: 'Role', principalId: 'AROAEXAMPLEPEOPLEXXXX', arn: `arn:aws:iam::${ACCOUNT}:role/${role}` };
  return {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLEPEOPLEXXXX:${name}`,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
    accountId: ACCOUNT,
    accessKeyId: accessKeyId('ASIA', random),
    sessionContext: {
      sessionIssuer: { ...issuer, accountId: ACCOUNT, userName: role },
      attributes: { mfaAuthenticated: 'true' },
    },
  };
}

function accessKeyId(prefix: string, random: Random): string {
  return prefix + random.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');
}

function apiCall(random: Random, call: Call, userIdentity: object, address: string): LineAt {
  const rest = {
    eventSource: `${call.source}.amazonaws.com`,
    eventName: call.name,
    awsRegion: REGION,
    sourceIPAddress: address,
    userAgent: random.pick(['aws-cli/2.27.0', 'Boto3/1.38.0 Python/3.13', 'aws-sdk-js/3.840.0']),
    ...(call.isDenied && {
      errorCode: 'AccessDenied',
      errorMessage: `not authorized to perform ${call.source}:${call.name}`,
    }),
    requestParameters: call.request,
    responseElements: call.response ?? null,
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: !call.isWrite,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
  };
  return (time) => JSON.stringify({ eventVersion: '1.11', userIdentity, eventTime: seconds(time), ...rest });
}

interface SignIn {
  readonly type: 'Root' | 'IAMUser';
  readonly mfa: 'Yes' | 'No';
  readonly address: string;
  readonly person?: Person;
}

function signIn(random: Random, how: SignIn): LineAt {
  const root = { type: 'Root', principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT };
  const rest = {
    eventSource: 'signin.amazonaws.com',
    eventName: 'ConsoleLogin',
    awsRegion: REGION,
    sourceIPAddress: how.address,
    userAgent: how.person?.browser ?? random.pick(BROWSERS),
    requestParameters: null,
    responseElements: { ConsoleLogin: 'Success' },
    additionalEventData: {
      LoginTo: 'https://console.aws.amazon.com/console/home',
      MobileVersion: 'No',
      MFAUsed: how.mfa,
    },
    eventID: random.uuid(),
    readOnly: false,
    eventType: 'AwsConsoleSignIn',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
  };
  const userIdentity = how.type === 'Root' ? root : user(how.person ?? random.pick(PEOPLE));
  return (time) => JSON.stringify({ eventVersion: '1.11', userIdentity, eventTime: seconds(time), ...rest });
}
