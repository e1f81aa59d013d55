/** Logs made from a seed: the same seed gives the same bytes. Addresses and accounts are of the documentation ranges. */

/** In [0, 1); mulberry32. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T;
}

const EVENT_NAMES = [
  'ListBuckets',
  'DescribeInstances',
  'GetObject',
  'AssumeRole',
  'PutObject',
  'Decrypt',
  'ListUsers',
];
const START = Date.parse('2026-01-02T00:00:00Z');

/** Within the given hours of 2026-01-02. */
function time(random: Random, hours: number): Date {
  return new Date(START + Math.floor(random() * hours * 3_600_000));
}

/** A CloudTrail event that no rule matches. */
export function trailRecord(random: Random, id: string, hours = 3): Record<string, unknown> {
  const account = `1234567890${10 + Math.floor(random() * 5)}`;
  const user = `user-${Math.floor(random() * 50)}`;
  const arn = `arn:aws:iam::${account}:user/${user}`;
  return {
    eventVersion: '1.08',
    userIdentity: { type: 'IAMUser', principalId: 'AIDAEXAMPLE', arn, accountId: account, userName: user },
    eventTime: time(random, hours)
      .toISOString()
      .replace('.000', '')
      .replace(/\.\d+Z/, 'Z'),
    eventSource: 's3.amazonaws.com',
    eventName: pick(random, EVENT_NAMES),
    awsRegion: pick(random, ['us-east-1', 'eu-central-1']),
    sourceIPAddress: `192.0.2.${Math.floor(random() * 256)}`,
    userAgent: 'aws-cli/2.13.0 Python/3.11.4 Linux/5.10',
    requestParameters: {
      bucketName: `example-${user}`,
      key: `${'folder/'.repeat(1 + Math.floor(random() * 20))}${id}`,
    },
    responseElements: null,
    requestID: `request-${id}`,
    eventID: id,
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
  };
}

/** A console sign-in of an account's root user: a match of AWS.CloudTrail.RootConsoleSignIn, one alert per account. */
export function rootSignIn(random: Random, id: string, account: string): Record<string, unknown> {
  return {
    ...trailRecord(random, id),
    eventSource: 'signin.amazonaws.com',
    eventName: 'ConsoleLogin',
    // What goes into an alert is the same for all of an account's events, whichever comes first.
    sourceIPAddress: `198.51.100.${Number(account) % 256}`,
    userAgent: 'Mozilla/5.0',
    userIdentity: { type: 'Root', principalId: account, arn: `arn:aws:iam::${account}:root`, accountId: account },
    requestParameters: null,
    responseElements: { ConsoleLogin: 'Success' },
    additionalEventData: { MFAUsed: Number(account) % 2 === 0 ? 'Yes' : 'No' },
    eventType: 'AwsConsoleSignIn',
    recipientAccountId: account,
  };
}

/** A match of AWS.IAM.AdministratorPolicyAttached, a rule in TypeScript. */
export function administratorAttached(random: Random, id: string, user: string): Record<string, unknown> {
  const account = '123456789012';
  return {
    ...trailRecord(random, id),
    eventSource: 'iam.amazonaws.com',
    eventName: 'AttachUserPolicy',
    sourceIPAddress: '203.0.113.7',
    userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${account}:user/mallory`, userName: 'mallory' },
    requestParameters: { userName: user, policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
    recipientAccountId: account,
  };
}

export function nginxLine(random: Random, path: string): string {
  const [date, clock] = time(random, 3).toISOString().slice(0, 19).split('T');
  const day = date?.slice(8);
  const address = `192.0.2.${Math.floor(random() * 256)}`;
  return `${address} - - [${day}/Jan/2026:${clock} +0000] "GET ${path} HTTP/1.1" 200 ${Math.floor(random() * 9e4)} "-" "curl/8.5.0"`;
}

/** A failed sign-in: ten of one address are an alert of Syslog.SSHBruteForce. */
export function sshFailure(random: Random, address: string): string {
  const at = time(random, 3).toISOString();
  return `<38>1 ${at} web-1 sshd ${Math.floor(random() * 9e4)} - - Failed password for root from ${address} port 51514 ssh2`;
}
