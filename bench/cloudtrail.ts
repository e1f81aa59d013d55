/**
 * Believable CloudTrail events from a seed: the same seed gives the same bytes on every machine.
 *
 * This file is long because it spells out many kinds of events.
 */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-southeast-2'];
const ACCOUNTS = ['111122223333', '444455556666', '123456789012', '210987654321'];
const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
const ROLES = ['app-server', 'data-pipeline', 'ci-runner', 'read-only', 'OrganizationAccountAccessRole', 'backup'];
const BUCKETS = ['example-logs', 'example-assets', 'example-data-lake', 'example-backups'];
const AGENTS = [
  'aws-sdk-java/1.12.261 Linux/4.14.77-70.59.amzn1.x86_64 OpenJDK_64-Bit_Server_VM/25.242-b08 java/1.8.0_242',
  'Boto3/1.26.90 Python/3.9.16 Linux/5.10.165-143.735.amzn2.x86_64 exec-env/AWS_Lambda_python3.9 Botocore/1.29.90',
  'aws-cli/2.11.2 Python/3.11.2 Darwin/22.3.0 source/arm64 prompt/off command/s3.ls',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36',
  'lambda.amazonaws.com',
];

type Json = Record<string, unknown>;

class EventGenerator {
  readonly #random: () => number;
  #timeMs = Date.UTC(2026, 0, 1);

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  event(): Json {
    this.#timeMs += Math.floor(this.#random() * 400);
    const account = this.#pick(ACCOUNTS);
    const region = this.#pick(REGIONS);
    const make = this.#pick([
      this.#decrypt,
      this.#decrypt,
      this.#assumeRole,
      this.#assumeRole,
      this.#describeInstances,
      this.#describeInstances,
      this.#getObject,
      this.#getObject,
      this.#getObject,
      this.#consoleLogin,
      this.#runInstances,
      this.#putBucketPolicy,
      this.#describeLogGroups,
    ]);
    const hasFailed = this.#random() < 0.04;
    return {
      eventVersion: '1.08',
      userIdentity: this.#identity(account),
      eventTime: `${new Date(this.#timeMs).toISOString().slice(0, 19)}Z`,
      ...make.call(this, account, region),
      awsRegion: region,
      sourceIPAddress: this.#random() < 0.2 ? 'ec2.amazonaws.com' : this.#ip(),
      userAgent: this.#pick(AGENTS),
      ...(hasFailed
        ? { errorCode: 'AccessDenied', errorMessage: 'User is not authorized to perform this action' }
        : {}),
      requestID: this.#uuid(),
      eventID: this.#uuid(),
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: account,
      eventCategory: 'Management',
      tlsDetails: { tlsVersion: 'TLSv1.2', cipherSuite: 'ECDHE-RSA-AES128-GCM-SHA256' },
    };
  }

  #decrypt(account: string, region: string): Json {
    const key = `arn:aws:kms:${region}:${account}:key/${this.#uuid()}`;
    return {
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      requestParameters: {
        encryptionContext: {
          'aws:lambda:FunctionArn': `arn:aws:lambda:${region}:${account}:function:example-${this.#hex(4)}`,
        },
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      },
      responseElements: null,
      readOnly: true,
      resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: key, arn: key }],
    };
  }

  #assumeRole(account: string, _region: string): Json {
    const role = `arn:aws:iam::${account}:role/${this.#pick(ROLES)}`;
    const session = `session-${this.#hex(8)}`;
    return {
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      requestParameters: { roleArn: role, roleSessionName: session, durationSeconds: 3600 },
      responseElements: {
        credentials: {
          accessKeyId: `ASIA${this.#hex(8).toUpperCase()}`,
          expiration: new Date(this.#timeMs + 3_600_000).toUTCString(),
          sessionToken: this.#hex(60),
        },
        assumedRoleUser: { assumedRoleId: `AROA${this.#hex(8).toUpperCase()}:${session}`, arn: `${role}/${session}` },
      },
      readOnly: true,
      sharedEventID: this.#uuid(),
    };
  }

  #describeInstances(_account: string, _region: string): Json {
    return {
      eventSource: 'ec2.amazonaws.com',
      eventName: 'DescribeInstances',
      requestParameters: {
        maxResults: 1000,
        instancesSet: { items: this.#times(3, () => ({ instanceId: `i-0${this.#hex(8)}` })) },
        filterSet: { items: [{ name: 'instance-state-name', valueSet: { items: [{ value: 'running' }] } }] },
      },
      responseElements: null,
      readOnly: true,
    };
  }

  #getObject(account: string, _region: string): Json {
    const bucket = this.#pick(BUCKETS);
    const key = `data/${this.#hex(4)}/${this.#uuid()}.parquet`;
    return {
      eventSource: 's3.amazonaws.com',
      eventName: this.#random() < 0.7 ? 'GetObject' : 'PutObject',
      requestParameters: { bucketName: bucket, Host: `${bucket}.s3.amazonaws.com`, key },
      responseElements: null,
      additionalEventData: {
        SignatureVersion: 'SigV4',
        CipherSuite: 'ECDHE-RSA-AES128-GCM-SHA256',
        bytesTransferredIn: 0,
        bytesTransferredOut: Math.floor(this.#random() * 1e7),
        AuthenticationMethod: 'AuthHeader',
        'x-amz-id-2': this.#hex(32),
      },
      readOnly: true,
      resources: [
        { type: 'AWS::S3::Object', ARN: `arn:aws:s3:::${bucket}/${key}` },
        { accountId: account, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${bucket}` },
      ],
    };
  }

  #consoleLogin(_account: string, _region: string): Json {
    return {
      eventSource: 'signin.amazonaws.com',
      eventName: 'ConsoleLogin',
      requestParameters: null,
      responseElements: { ConsoleLogin: this.#random() < 0.9 ? 'Success' : 'Failure' },
      additionalEventData: {
        LoginTo: 'https://console.aws.amazon.com/console/home',
        MobileVersion: 'No',
        MFAUsed: 'Yes',
      },
      readOnly: false,
    };
  }

  #runInstances(account: string, region: string): Json {
    const instance = `i-0${this.#hex(8)}`;
    const network = {
      networkInterfaceId: `eni-0${this.#hex(8)}`,
      subnetId: `subnet-0${this.#hex(8)}`,
      vpcId: `vpc-0${this.#hex(8)}`,
      privateIpAddress: this.#ip(),
      privateDnsName: `ip-10-0-0-${Math.floor(this.#random() * 255)}.${region}.compute.internal`,
      groupSet: { items: [{ groupId: `sg-0${this.#hex(8)}`, groupName: 'web' }] },
    };
    return {
      eventSource: 'ec2.amazonaws.com',
      eventName: 'RunInstances',
      requestParameters: {
        instancesSet: { items: [{ imageId: `ami-0${this.#hex(8)}`, minCount: 1, maxCount: 1, keyName: 'ops' }] },
        instanceType: 't3.large',
        blockDeviceMapping: { items: [{ deviceName: '/dev/xvda', ebs: { volumeSize: 100, volumeType: 'gp3' } }] },
        monitoring: { enabled: false },
      },
      responseElements: {
        requestId: this.#uuid(),
        reservationId: `r-0${this.#hex(8)}`,
        ownerId: account,
        instancesSet: {
          items: [
            {
              instanceId: instance,
              instanceState: { code: 0, name: 'pending' },
              ...network,
              placement: { availabilityZone: `${region}a`, tenancy: 'default' },
              tags: [
                { key: 'team', value: this.#pick(USERS) },
                { key: 'env', value: 'prod' },
              ],
              networkInterfaceSet: { items: [network] },
              iamInstanceProfile: { arn: `arn:aws:iam::${account}:instance-profile/${this.#pick(ROLES)}` },
            },
          ],
        },
      },
      readOnly: false,
    };
  }

  #putBucketPolicy(account: string, _region: string): Json {
    const bucket = this.#pick(BUCKETS);
    return {
      eventSource: 's3.amazonaws.com',
      eventName: 'PutBucketPolicy',
      requestParameters: {
        bucketName: bucket,
        bucketPolicy: {
          Version: '2012-10-17',
          Statement: this.#times(4, (index) => ({
            Sid: `Statement${index}`,
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${account}:role/${this.#pick(ROLES)}` },
            Action: ['s3:GetObject', 's3:PutObject', 's3:ListBucket'],
            Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          })),
        },
        policy: '',
      },
      responseElements: null,
      readOnly: false,
    };
  }

  #describeLogGroups(_account: string, region: string): Json {
    return {
      eventSource: 'logs.amazonaws.com',
      eventName: 'DescribeLogGroups',
      requestParameters: { logGroupNamePrefix: `/aws/lambda/example-${this.#hex(3)}`, limit: 50 },
      responseElements: null,
      readOnly: true,
      vpcEndpointId: `vpce-0${this.#hex(8)}`,
      apiVersion: region === 'us-east-1' ? '20140328' : undefined,
    };
  }

  #identity(account: string): Json {
    const kind = this.#random();
    if (kind < 0.15) return { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' };
    const name = this.#pick(USERS);
    const id = `AIDA${this.#hex(8).toUpperCase()}`;
    if (kind < 0.35) {
      return {
        type: 'IAMUser',
        principalId: id,
        arn: `arn:aws:iam::${account}:user/${name}`,
        accountId: account,
        accessKeyId: `AKIA${this.#hex(8).toUpperCase()}`,
        userName: name,
      };
    }
    const role = this.#pick(ROLES);
    return {
      type: 'AssumedRole',
      principalId: `${id}:${name}`,
      arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
      accountId: account,
      accessKeyId: `ASIA${this.#hex(8).toUpperCase()}`,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: id,
          arn: `arn:aws:iam::${account}:role/${role}`,
          accountId: account,
          userName: role,
        },
        webIdFederationData: {},
        attributes: { creationDate: '2026-01-01T00:00:00Z', mfaAuthenticated: 'false' },
      },
    };
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  #times<T>(max: number, make: (index: number) => T): readonly T[] {
    return Array.from({ length: 1 + Math.floor(this.#random() * max) }, (_, index) => make(index));
  }

  #hex(bytes: number): string {
    let text = '';
    for (let index = 0; index < bytes; index += 1) {
      text += Math.floor(this.#random() * 256)
        .toString(16)
        .padStart(2, '0');
    }
    return text;
  }

  #uuid(): string {
    return `${this.#hex(4)}-${this.#hex(2)}-4${this.#hex(2).slice(1)}-a${this.#hex(2).slice(1)}-${this.#hex(6)}`;
  }

  /** Of the ranges for documentation, and private ones. */
  #ip(): string {
    const prefix = this.#pick(['192.0.2', '198.51.100', '203.0.113', `10.0.${Math.floor(this.#random() * 256)}`]);
    return `${prefix}.${Math.floor(this.#random() * 256)}`;
  }
}

/** Lines with their newline until at least so many bytes are made. */
export function* cloudTrailLines(bytes: number, seed = 1): Generator<string, void> {
  const generator = new EventGenerator(seed);
  for (let made = 0; made < bytes; ) {
    const line = `${JSON.stringify(generator.event())}\n`;
    made += line.length;
    yield line;
  }
}

/** Writes gzip NDJSON; gives the uncompressed size. */
export async function writeCloudTrail(path: string, bytes: number, seed = 1): Promise<number> {
  let written = 0;
  function* blocks(): Iterable<string> {
    let block = '';
    for (const line of cloudTrailLines(bytes, seed)) {
      block += line;
      if (block.length < 65_536) continue;
      written += block.length;
      yield block;
      block = '';
    }
    written += block.length;
    yield block;
  }
  await pipeline(Readable.from(blocks()), createGzip({ level: 6 }), createWriteStream(path));
  return written;
}
