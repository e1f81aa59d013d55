/** Believable answers of the API, for tests and for looking at the console without a server. */
import type {
  AlertDetail,
  AlertSummary,
  AuditEntry,
  Counts,
  Destination,
  DetectionChange,
  DetectionDetail,
  DetectionOverrides,
  DetectionSource,
  DetectionSummary,
  DetectionVersion,
  DraftCheck,
  DraftRun,
  Exception,
  KeptRecord,
  LakeSchema,
  LookupTable,
  Overview,
  Pack,
  PackPlan,
  PackRevision,
  QueryResult,
  Replay,
  ReplayResult,
  Schedule,
  ScheduledRun,
  Session,
  Source,
  System,
  UnitType,
  User,
} from '@panther/platform/contract';

export const NOW = Date.parse('2026-01-02T12:00:00.000Z');

export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

export function session(role: Session['actor']['role'] = 'admin'): Session {
  return {
    actor: { kind: 'user', id: 'u1', name: 'Ada Example', email: 'ada@example.com', role },
    csrfToken: 'csrf-1',
    expiresAt: new Date(Date.now() + 8 * 3_600_000).toISOString(),
    organizationName: 'Example Corp',
  };
}

export function counts(stored: number, quarantined = 0, rejected = 0): Counts {
  return {
    received: stored + quarantined + rejected,
    stored,
    quarantined,
    rejected,
    events: stored,
    bytes: stored * 1_340,
    balanced: true,
  };
}

export function alertSummary(part: Partial<AlertSummary> = {}): AlertSummary {
  return {
    id: 'a1',
    type: 'RULE',
    ruleId: 'AWS.Console.RootLogin',
    ruleName: 'AWS root console sign-in',
    title: 'Root user signed in to account 123456789012 from 198.51.100.7',
    severity: 'HIGH',
    status: 'OPEN',
    dedup: '123456789012',
    createdAt: ago(4),
    updatedAt: ago(3),
    firstEventAt: ago(6),
    lastEventAt: ago(3),
    eventCount: 3,
    logTypes: ['AWS.CloudTrail'],
    assignee: null,
    deliveries: { pending: 0, delivered: 1, failed: 0 },
    ...part,
  };
}

export const ALERTS: readonly AlertSummary[] = [
  alertSummary({
    id: 'a2',
    severity: 'CRITICAL',
    title: 'CloudTrail logging stopped for trail org-main',
    ruleName: 'CloudTrail stopped',
    ruleId: 'AWS.CloudTrail.Stopped',
    createdAt: ago(1),
    eventCount: 1,
  }),
  alertSummary(),
  alertSummary({
    id: 'a3',
    severity: 'MEDIUM',
    status: 'TRIAGED',
    title: 'Okta: 14 failed sign-ins of bob@example.com',
    ruleName: 'Okta brute force',
    ruleId: 'Okta.BruteForce',
    logTypes: ['Okta.SystemLog'],
    assignee: { id: 'u2', name: 'Bob Builder' },
    eventCount: 14,
    createdAt: ago(42),
  }),
  alertSummary({
    id: 'a4',
    severity: 'LOW',
    title: 'SSH sign-in as root on web-1.example.com',
    ruleName: 'SSH root sign-in',
    ruleId: 'Syslog.SSH.Root',
    logTypes: ['Syslog.RFC5424', 'Syslog.RFC3164'],
    deliveries: { pending: 0, delivered: 0, failed: 1 },
    createdAt: ago(190),
  }),
  alertSummary({
    id: 'a5',
    severity: 'INFO',
    type: 'RULE_ERROR',
    title: "KeyError('userIdentity')",
    ruleName: 'New IAM user',
    ruleId: 'AWS.IAM.NewUser',
    createdAt: ago(60 * 26),
    eventCount: 2,
  }),
];

const SEVERITY_LIST = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO'] as const;
const STATUS_LIST = ['OPEN', 'TRIAGED', 'OPEN', 'OPEN'] as const;

/** A long list. */
export function manyAlerts(count: number): AlertSummary[] {
  return Array.from({ length: count }, (_, index) => {
    const model = ALERTS[index % ALERTS.length] ?? alertSummary();
    const severity = SEVERITY_LIST[(index * 7) % 5] ?? 'INFO';
    return {
      ...model,
      id: `m${index}`,
      severity,
      status: STATUS_LIST[index % 4] ?? 'OPEN',
      createdAt: ago(index * 13),
      eventCount: ((index * 37) % 400) + 1,
    };
  });
}

export function alertDetail(part: Partial<AlertDetail> = {}): AlertDetail {
  return {
    ...alertSummary(),
    ruleVersion: '4f2a91c0',
    description:
      'The root user signed in to the console. Root has every permission, and nobody should use it for **daily work**.',
    reference: 'https://docs.example.com/root-user',
    runbook:
      '1. Ask the owner of the account whether they signed in.\n2. If not, rotate the password and the access keys of root.\n3. Look for what was changed with the query below.\n\nSee the [runbook](https://runbooks.example.com/root).',
    tags: ['AWS', 'Identity', 'Initial access'],
    context: {
      account: '123456789012',
      mfaUsed: 'No',
      source: { ip: '198.51.100.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' },
    },
    statusBy: null,
    statusAt: null,
    deliveries: { pending: 0, delivered: 1, failed: 1 },
    deliveryDetails: [
      {
        destinationId: 'd1',
        destinationName: 'Security on call',
        status: 'delivered',
        lastAttemptAt: ago(4),
        deliveredAt: ago(4),
        attempts: [{ at: ago(4), success: true, statusCode: 200, message: '', durationMs: 84 }],
      },
      {
        destinationId: 'd2',
        destinationName: 'Ticket system',
        status: 'failed',
        lastAttemptAt: ago(2),
        deliveredAt: null,
        attempts: [
          { at: ago(2), success: false, statusCode: 503, message: 'service unavailable', durationMs: 412 },
          { at: ago(4), success: false, statusCode: 0, message: 'no answer within 10 s', durationMs: 10_000 },
        ],
      },
    ],
    comments: [
      {
        id: 'c1',
        author: { id: 'u2', name: 'Bob Builder' },
        body: 'Asked the account owner.\nWaiting for an answer.',
        createdAt: ago(2),
      },
    ],
    ...part,
  };
}

export function cloudTrailEvent(index = 0): Record<string, unknown> {
  return {
    eventVersion: '1.08',
    eventTime: '2026-01-02 11:54:12.000000000',
    eventName: 'ConsoleLogin',
    eventSource: 'signin.amazonaws.com',
    awsRegion: 'us-east-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    userIdentity: {
      type: 'Root',
      principalId: '123456789012',
      arn: 'arn:aws:iam::123456789012:root',
      accountId: '123456789012',
    },
    responseElements: { ConsoleLogin: 'Success' },
    additionalEventData: {
      MFAUsed: 'No',
      LoginTo: 'https://console.aws.amazon.com/console/home?<script>alert(1)</script>',
    },
    readOnly: false,
    p_log_type: 'AWS.CloudTrail',
    p_row_id: `c0ffee0000000000000000000000${index.toString(16).padStart(4, '0')}`,
    p_event_time: '2026-01-02 11:54:12.000000000',
    p_parse_time: '2026-01-02 11:54:13.120000000',
    p_source_label: 'CloudTrail bucket',
    p_any_ip_addresses: ['198.51.100.7'],
    p_any_aws_account_ids: ['123456789012'],
    p_any_aws_arns: ['arn:aws:iam::123456789012:root'],
  };
}

export function source(part: Partial<Source> = {}): Source {
  return {
    id: 's1',
    name: 'CloudTrail bucket',
    type: 'watched-folder',
    logTypes: ['AWS.CloudTrail', 'AWS.VPCFlow', 'AWS.ALB', 'AWS.S3ServerAccess'],
    config: { path: '/var/log/cloudtrail' },
    secretsSet: [],
    enabled: true,
    createdAt: ago(60 * 24 * 12),
    updatedAt: ago(60 * 24 * 2),
    lastEventAt: ago(0.4),
    health: { status: 'healthy', message: '' },
    counts: counts(1_284_332, 211, 3),
    endpoint: null,
    ...part,
  };
}

export const SOURCES: readonly Source[] = [
  source(),
  source({
    id: 's2',
    name: 'Okta push',
    type: 'http',
    logTypes: ['Okta.SystemLog'],
    config: { maxBodyBytes: 10_485_760 },
    secretsSet: ['token'],
    counts: counts(40_211),
    lastEventAt: ago(3),
    endpoint: '/api/v1/ingest/s2',
  }),
  source({
    id: 's3',
    name: 'Firewalls',
    type: 'syslog',
    logTypes: ['Syslog.RFC3164', 'Syslog.RFC5424'],
    counts: counts(923_004, 18_223),
    endpoint: 'tcp://0.0.0.0:6514',
    health: {
      status: 'unhealthy',
      message: 'Cannot listen on port 6514: the address is already in use. Choose another port.',
    },
    lastEventAt: ago(320),
  }),
  source({
    id: 's4',
    name: 'Lab',
    type: 'watched-folder',
    logTypes: ['Zeek.DNS'],
    counts: counts(0),
    lastEventAt: null,
    health: { status: 'unknown', message: '' },
  }),
];

export const SOURCE_TYPES: readonly UnitType[] = [
  {
    id: 'watched-folder',
    title: 'Watched folder',
    description: 'Reads files that appear in a folder, and what is appended to them.',
    documentationUrl: null,
    form: {
      type: 'object',
      properties: {
        path: { type: 'string', title: 'Folder', description: 'Absolute path of the folder.' },
        include: {
          type: 'array',
          items: { type: 'string' },
          title: 'Only files named',
          description: 'Patterns such as *.json.gz; all files when empty.',
        },
        recursive: {
          type: 'boolean',
          title: 'With subfolders',
          description: 'Also read the folders in it.',
          default: true,
        },
      },
      required: ['path'],
    },
  },
  {
    id: 'http',
    title: 'HTTP',
    description: 'Takes logs that are pushed by HTTP POST.',
    documentationUrl: null,
    form: {
      type: 'object',
      properties: {
        authentication: {
          type: 'string',
          enum: ['bearer', 'hmac'],
          default: 'bearer',
          title: 'Authentication',
          description: 'How senders prove who they are.',
        },
        token: {
          type: 'string',
          writeOnly: true,
          title: 'Token',
          description: 'Made up by Panther when it is left empty.',
        },
        maxBodyBytes: {
          type: 'integer',
          minimum: 1,
          default: 10_485_760,
          title: 'Largest request',
          description: 'In bytes.',
        },
      },
    },
  },
  {
    id: 'syslog',
    title: 'Syslog',
    description: 'Listens for syslog messages by TCP, UDP or TLS.',
    documentationUrl: null,
    form: {
      type: 'object',
      properties: {
        port: { type: 'integer', minimum: 1, maximum: 65_535, title: 'Port', description: 'Port to listen on.' },
      },
      required: ['port'],
    },
  },
];

export const LOG_TYPES = [
  'AWS.ALB',
  'AWS.CloudTrail',
  'AWS.S3ServerAccess',
  'AWS.VPCFlow',
  'Apache.AccessCombined',
  'GitLab.API',
  'Nginx.Access',
  'Okta.SystemLog',
  'Suricata.DNS',
  'Syslog.RFC3164',
  'Syslog.RFC5424',
  'Zeek.DNS',
].map((name) => ({
  name,
  description: `Logs of ${name}`,
  referenceUrl: null,
  table: name.toLowerCase().replace('.', '_'),
  origin: 'built-in' as const,
}));

export const KEPT: readonly KeptRecord[] = [
  {
    objectKey: 'k1',
    kind: 'quarantined',
    file: '/var/log/cloudtrail/2026-01-02.json.gz',
    position: 1_204,
    line: 1_205,
    byteOffset: 1_611_002,
    sizeBytes: 184,
    reason:
      'No log type accepts the record: AWS.CloudTrail: eventTime is missing; AWS.VPCFlow: expected 14 fields, found 3',
    sample: '{"eventName":"ListBuckets","note":"<img src=x onerror=alert(1)>"}',
    sampleTruncated: false,
    keptAt: ago(12),
    reprocessedAt: null,
  },
  {
    objectKey: 'k1',
    kind: 'quarantined',
    file: '/var/log/cloudtrail/2026-01-01.json.gz',
    position: 8,
    line: null,
    byteOffset: 12_300,
    sizeBytes: 70_000,
    reason: 'No log type accepts the record: AWS.CloudTrail: not JSON',
    sample: 'garbage '.repeat(30),
    sampleTruncated: true,
    keptAt: ago(900),
    reprocessedAt: ago(30),
  },
];

export const DETECTIONS: readonly DetectionSummary[] = [
  detectionSummary(),
  detectionSummary({
    id: 'AWS.CloudTrail.Stopped',
    displayName: 'CloudTrail stopped',
    severity: 'CRITICAL',
    language: 'typescript',
    testCount: 3,
  }),
  detectionSummary({
    id: 'Okta.BruteForce',
    displayName: 'Okta brute force',
    severity: 'MEDIUM',
    logTypes: ['Okta.SystemLog'],
    last7Days: { events: 40_000, candidates: 214, matches: 14, errors: 0, micros: 9_000 },
  }),
  detectionSummary({
    id: 'AWS.IAM.NewUser',
    displayName: 'New IAM user',
    severity: 'LOW',
    last7Days: { events: 90_000, candidates: 12, matches: 2, errors: 2, micros: 900 },
  }),
  detectionSummary({
    id: 'panther_helpers',
    displayName: '',
    type: 'global',
    severity: null,
    logTypes: [],
    testCount: 0,
    last7Days: { events: 0, candidates: 0, matches: 0, errors: 0, micros: 0 },
  }),
  detectionSummary({
    id: 'Nginx.PathTraversal',
    displayName: 'Path traversal in a request',
    severity: 'INFO',
    language: 'sigma',
    logTypes: ['Nginx.Access', 'Apache.AccessCombined'],
    enabled: false,
  }),
];

export function detectionSummary(part: Partial<DetectionSummary> = {}): DetectionSummary {
  return {
    id: 'AWS.Console.RootLogin',
    type: 'rule',
    language: 'python',
    displayName: 'AWS root console sign-in',
    severity: 'HIGH',
    logTypes: ['AWS.CloudTrail'],
    tags: ['AWS', 'Identity'],
    reports: { 'MITRE ATT&CK': ['TA0001:T1078'] },
    enabled: true,
    version: '4f2a91c0d1e2f3a4',
    origin: 'pack:panther-core',
    overridden: [],
    updatedAt: ago(60 * 24 * 3),
    testCount: 2,
    last7Days: { events: 1_284_332, candidates: 431, matches: 3, errors: 0, micros: 18_220 },
    ...part,
  };
}

export function detectionDetail(part: Partial<DetectionDetail> = {}): DetectionDetail {
  return {
    ...detectionSummary(),
    description: 'The root user signed in to the console.',
    reference: 'https://docs.example.com/root-user',
    runbook: 'Ask the owner of the account.',
    dedupPeriodMinutes: 60,
    threshold: 1,
    createAlert: true,
    outputIds: [],
    spec: {
      AnalysisType: 'rule',
      RuleID: 'AWS.Console.RootLogin',
      Enabled: true,
      LogTypes: ['AWS.CloudTrail'],
      Severity: 'High',
      DedupPeriodMinutes: 60,
    },
    body: 'from panther_base_helpers import deep_get\n\n\ndef rule(event):\n    # Only the sign-in itself, not the change of the role.\n    if event.get("eventName") != "ConsoleLogin":\n        return False\n    return deep_get(event, "userIdentity", "type") == "Root"\n\n\ndef title(event):\n    return f"Root user signed in to account {event.get(\'recipientAccountId\')} from {event.get(\'sourceIPAddress\')}"\n\n\ndef dedup(event):\n    return event.get("recipientAccountId", "")\n',
    tests: [
      { name: 'Root signs in', expectedResult: true, log: cloudTrailEvent() },
      {
        name: 'A user signs in',
        expectedResult: false,
        log: { eventName: 'ConsoleLogin', userIdentity: { type: 'IAMUser' } },
      },
    ],
    condition: 'eventName = "ConsoleLogin" and userIdentity.type = "Root"',
    query: null,
    stats: Array.from({ length: 14 }, (_, index) => ({
      day: new Date(Date.now() - (13 - index) * 86_400_000).toISOString().slice(0, 10),
      events: 180_000 + index * 1_000,
      candidates: 60,
      matches: (index * 5) % 7,
      errors: index === 4 ? 1 : 0,
      micros: 2_400,
    })),
    recentAlerts: ALERTS.slice(0, 3),
    ...part,
  };
}

export function draftRun(part: Partial<DraftRun> = {}): DraftRun {
  return {
    matched: true,
    error: null,
    match: {
      title: 'Root user signed in',
      dedup: '123456789012',
      severity: 'HIGH',
      description: '',
      reference: '',
      runbook: 'Ask the owner of the account.',
      destinations: null,
      receivers: ['Security on call'],
      alertContext: { account: '123456789012' },
      unique: null,
    },
    failures: {},
    notes: ['An alert needs 3 matches within 60 minutes.'],
    output: 'the type is Root\n',
    durationMs: 1.2,
    ...part,
  };
}

export const SCHEDULES: readonly Schedule[] = [
  {
    id: 'Okta.Brute.Force.Then.Login',
    type: 'correlation_rule',
    enabled: true,
    rateMinutes: 15,
    cron: null,
    timeoutMinutes: 5,
    nextRunAt: inMinutes(9),
    problem: '',
    lastRun: scheduledRun(),
  },
  {
    id: 'AWS.Console.Logins.Daily',
    type: 'scheduled_query',
    enabled: true,
    rateMinutes: null,
    cron: '0 6 * * *',
    timeoutMinutes: 2,
    nextRunAt: inMinutes(400),
    problem: '',
    lastRun: scheduledRun({
      state: 'failed',
      rows: 0,
      matches: 0,
      error: 'Catalog Error: Table with name aws_cloudtrial does not exist!',
    }),
  },
  {
    id: 'DNS.Tunnel.Hourly',
    type: 'scheduled_query',
    enabled: false,
    rateMinutes: 60,
    cron: null,
    timeoutMinutes: 2,
    nextRunAt: null,
    problem: '',
    lastRun: null,
  },
];

export function scheduledRun(part: Partial<ScheduledRun> = {}): ScheduledRun {
  return {
    id: 'run1',
    cause: 'schedule',
    scheduledAt: ago(6),
    state: 'succeeded',
    startedAt: ago(6),
    endedAt: ago(5),
    attempts: 1,
    rows: 14,
    matches: 2,
    truncated: false,
    error: '',
    ...part,
  };
}

function inMinutes(minutes: number): string {
  return ago(-minutes);
}

export const LOOKUP_TABLES: readonly LookupTable[] = [
  {
    id: 'tor_exit_nodes',
    description: 'Exit nodes of the Tor network',
    enabled: true,
    primaryKey: 'ip',
    logTypes: [{ logType: 'AWS.CloudTrail', selectors: ['sourceIPAddress'] }],
    data: 'fetched',
    fileName: 'exit-nodes.csv',
    rows: 1_204,
    sizeBytes: 48_220,
    loadedAt: ago(180),
    checkedAt: ago(8),
    problem: '',
  },
  {
    id: 'asset_owners',
    description: '',
    enabled: true,
    primaryKey: 'arn',
    logTypes: [{ logType: 'AWS.CloudTrail', selectors: ['userIdentity.arn'] }],
    data: 'content',
    fileName: 'owners.json',
    rows: 41,
    sizeBytes: 9_100,
    loadedAt: ago(60 * 24 * 12),
    checkedAt: ago(30),
    problem: 'https://assets.example.com/owners.json answered 503',
  },
];

export function detectionSource(part: Partial<DetectionSource> = {}): DetectionSource {
  const { body } = detectionDetail();
  const yaml =
    'AnalysisType: rule\nRuleID: AWS.Console.RootLogin\nFilename: root_login.py\nEnabled: true\nLogTypes:\n  - AWS.CloudTrail\nSeverity: High\n';
  return { yaml, body, version: '4f2a91c0d1e2f3a4', ...part };
}

export function draftCheck(part: Partial<DraftCheck> = {}): DraftCheck {
  return {
    id: 'AWS.Console.RootLogin',
    logTypes: ['AWS.CloudTrail'],
    testNames: ['Root signs in', 'A user signs in'],
    condition: 'eventName = "ConsoleLogin" and userIdentity.type = "Root"',
    messages: [],
    ...part,
  };
}

export const VERSIONS: readonly DetectionVersion[] = [
  {
    version: '4f2a91c0d1e2f3a4',
    createdAt: ago(60),
    createdBy: 'u1',
    createdByName: 'Ada Example',
    isCurrent: true,
  },
  {
    version: 'aa11bb22cc33dd44',
    createdAt: ago(60 * 24 * 9),
    createdBy: 'system',
    createdByName: 'Panther',
    isCurrent: false,
  },
];

export function exception(part: Partial<Exception> = {}): Exception {
  return {
    id: 'x1',
    detectionId: 'AWS.Console.RootLogin',
    detectionName: 'AWS root console sign-in',
    conditions: [{ KeyPath: 'sourceIPAddress', Condition: 'IsIPAddressInCIDR', Value: '192.0.2.0/24' }],
    reason: 'Break-glass account of the office, ticket 4711',
    owner: 'Ada Example',
    expiresAt: ago(-60 * 24 * 20),
    origin: 'user',
    state: 'live',
    forceReason: '',
    createdAt: ago(60 * 24 * 40),
    createdBy: 'u1',
    updatedAt: ago(60 * 24 * 40),
    hiddenCount: 14,
    lastHiddenAt: ago(90),
    recent: [],
    isStale: false,
    ...part,
  };
}

export function replay(part: Partial<Replay> = {}): Replay {
  return {
    id: 'r1',
    detectionId: 'AWS.Console.RootLogin',
    isDraft: false,
    from: ago(60 * 24 * 30),
    to: ago(0),
    state: 'succeeded',
    createdAt: ago(3),
    createdBy: 'Ada Example',
    startedAt: ago(3),
    endedAt: ago(2),
    progress: { events: 1_284_332, done: 1_284_332, matches: 41 },
    result: replayResult(),
    error: '',
    ...part,
  };
}

export function replayResult(part: Partial<ReplayResult> = {}): ReplayResult {
  return {
    events: 1_284_332,
    candidates: 4_310,
    hidden: 0,
    matches: 41,
    errors: 2,
    alertCount: 5,
    alerts: Array.from({ length: 5 }, (_, index) => ({
      title: `Root user signed in to account 12345678901${index} from 203.0.113.${index}`,
      severity: 'HIGH' as const,
      dedup: `12345678901${index}`,
      eventCount: 12 - 2 * index,
      firstEventAt: ago(60 * 24 * (index + 2)),
      lastEventAt: ago(60 * 24 * (index + 2) - 40),
      logTypes: ['AWS.CloudTrail'],
    })),
    buckets: [2, 5, 9, 12, 20].map((days, index) => ({ at: ago(60 * 24 * days), matches: 4 + 3 * index })),
    bucketMinutes: 1_440,
    dedups: [
      { dedup: '123456789010', matches: 30 },
      { dedup: '123456789011', matches: 11 },
    ],
    dedupCount: 2,
    suggestion: {
      fields: ['userIdentity.arn'],
      groups: 3,
      reason: 'One dedup string has 73 % of the matches; they come from three identities.',
    },
    failures: [{ title: "KeyError('sourceIPAddress')", message: 'root_login.py, line 12, in title', count: 2 }],
    samples: [
      {
        at: ago(60 * 24 * 2),
        logType: 'AWS.CloudTrail',
        title: 'Root user signed in',
        dedup: '123456789010',
        event: cloudTrailEvent(),
      },
    ],
    durationMs: 8_412,
    ...part,
  };
}

export function destination(part: Partial<Destination> = {}): Destination {
  return {
    id: 'd1',
    name: 'Security on call',
    type: 'webhook',
    config: {},
    secretsSet: ['url', 'signingSecret'],
    severities: ['CRITICAL', 'HIGH'],
    alertTypes: ['RULE', 'RULE_ERROR', 'POLICY'],
    enabled: true,
    createdAt: ago(60 * 24 * 12),
    updatedAt: ago(60 * 24 * 3),
    last24Hours: { delivered: 31, failed: 0 },
    ...part,
  };
}

export const DESTINATION_TYPES: readonly UnitType[] = [
  {
    id: 'webhook',
    title: 'Custom webhook',
    description: 'Sends alerts as JSON to an HTTP endpoint of your choice.',
    documentationUrl: null,
    form: {
      type: 'object',
      properties: {
        url: {
          type: 'string',
          format: 'uri',
          writeOnly: true,
          title: 'URL',
          description: 'Where alerts are sent by POST.',
        },
        signingSecret: {
          type: 'string',
          writeOnly: true,
          title: 'Signing secret',
          description: 'Signs the body with HMAC-SHA256.',
        },
        headers: {
          type: 'object',
          writeOnly: true,
          additionalProperties: { type: 'string' },
          title: 'Headers',
          description: 'Sent along with every alert, such as Authorization.',
        },
      },
      required: ['url'],
    },
  },
];

export const USERS: readonly User[] = [
  {
    id: 'u1',
    email: 'ada@example.com',
    name: 'Ada Example',
    role: 'admin',
    status: 'active',
    createdAt: ago(60 * 24 * 30),
    lastSignInAt: ago(5),
  },
  {
    id: 'u2',
    email: 'bob@example.com',
    name: 'Bob Builder',
    role: 'analyst',
    status: 'active',
    createdAt: ago(60 * 24 * 20),
    lastSignInAt: ago(60 * 20),
  },
  {
    id: 'u3',
    email: 'carol@example.com',
    name: 'Carol Reader',
    role: 'read-only',
    status: 'invited',
    createdAt: ago(60),
    lastSignInAt: null,
  },
];

export const QUEUES: System['queues'] = [
  {
    name: 'panther-input-data-notifications-queue',
    visible: 12,
    inFlight: 3,
    delayed: 0,
    oldestMessageAgeMs: 820,
    deadLetters: 0,
  },
  { name: 'panther-alerts-queue', visible: 0, inFlight: 0, delayed: 1, oldestMessageAgeMs: 0, deadLetters: 2 },
];

export function overview(part: Partial<Overview> = {}): Overview {
  const periodMs = 900_000;
  const toMs = Math.ceil(Date.now() / periodMs) * periodMs;
  const fromMs = toMs - 86_400_000;
  const series = (label: string, height: number, phase: number) => ({
    label,
    points: Array.from({ length: 96 }, (_, index) => ({
      at: new Date(fromMs + index * periodMs).toISOString(),
      value: Math.max(
        0,
        Math.round(height * (1.2 + Math.sin(index / 9 + phase) + 0.3 * Math.sin(index * 2.1 + phase))),
      ),
    })),
  });
  return {
    generatedAt: new Date().toISOString(),
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    periodMs,
    records: { total: counts(2_247_547, 18_434, 3), last24Hours: counts(188_201, 211, 1) },
    eventsByLogType: [
      { logType: 'AWS.CloudTrail', events: 1_184_332, bytes: 1_488_000_000 },
      { logType: 'Syslog.RFC5424', events: 823_004, bytes: 188_000_000 },
      { logType: 'AWS.VPCFlow', events: 100_000, bytes: 13_000_000 },
      { logType: 'Okta.SystemLog', events: 40_211, bytes: 90_000_000 },
      { logType: 'Nginx.Access', events: 9_211, bytes: 2_000_000 },
    ],
    openAlerts: { CRITICAL: 1, HIGH: 4, MEDIUM: 12, LOW: 31, INFO: 6 },
    sources: { total: 4, healthy: 2, unhealthy: 1, unknown: 1, disabled: 0 },
    detections: { total: 14, enabled: 11 },
    destinations: { total: 2, enabled: 2 },
    queues: QUEUES,
    events: [
      series('AWS.CloudTrail', 900, 0),
      series('Syslog.RFC5424', 420, 2),
      series('AWS.VPCFlow', 150, 4),
      series('Okta.SystemLog', 60, 1),
      series('Nginx.Access', 30, 3),
    ],
    alerts: SEVERITY_LIST.map((label, index) => ({
      label,
      points: series(label, 1, index)
        .points.filter((_, at) => (at * (index + 3)) % 11 === 0)
        .map((point) => ({ ...point, value: 1 + (index % 3) })),
    })),
    recentAlerts: [...ALERTS],
    ...part,
  };
}

export const SYSTEM: System = {
  version: '0.1.0',
  startedAt: ago(60 * 27),
  uptimeMs: 27 * 3_600_000,
  memoryBytes: 231_000_000,
  components: [
    { name: 'API', status: 'ok', message: 'listens on 127.0.0.1:8765' },
    { name: 'Log processor', status: 'ok', message: '41,200 events a second' },
    { name: 'Source intake', status: 'degraded', message: 'Firewalls cannot listen on port 6514' },
    { name: 'Alert delivery', status: 'ok', message: '' },
    { name: 'Maintenance', status: 'ok', message: 'merged 14 files 3 minutes ago' },
  ],
  queues: QUEUES,
  storage: [
    { name: 'panther-processed-data', bytes: 311_000_000, objects: 1_204 },
    { name: 'panther-input-data', bytes: 12_000_000, objects: 14 },
    { name: 'panther-quarantine', bytes: 900_000, objects: 22 },
    { name: 'State', bytes: 48_000_000, objects: null },
  ],
  freeBytes: 181_000_000_000,
};

export const LAKE: LakeSchema = {
  databases: [
    {
      name: 'panther_logs',
      tables: [
        {
          name: 'aws_cloudtrail',
          logType: 'AWS.CloudTrail',
          columns: [
            { name: 'eventName', type: 'VARCHAR' },
            { name: 'sourceIPAddress', type: 'VARCHAR' },
            { name: 'p_event_time', type: 'TIMESTAMP' },
            { name: 'p_any_ip_addresses', type: 'VARCHAR[]' },
          ],
        },
        {
          name: 'okta_systemlog',
          logType: 'Okta.SystemLog',
          columns: [
            { name: 'eventType', type: 'VARCHAR' },
            { name: 'p_event_time', type: 'TIMESTAMP' },
          ],
        },
      ],
    },
    {
      name: 'panther_rule_matches',
      tables: [
        { name: 'aws_cloudtrail', logType: 'AWS.CloudTrail', columns: [{ name: 'p_rule_id', type: 'VARCHAR' }] },
      ],
    },
    { name: 'panther_rule_errors', tables: [] },
    {
      name: 'panther_views',
      tables: [
        {
          name: 'all_logs',
          logType: null,
          columns: [
            { name: 'p_event_time', type: 'TIMESTAMP' },
            { name: 'p_log_type', type: 'VARCHAR' },
          ],
        },
      ],
    },
  ],
};

export function queryResult(rows = 500): QueryResult {
  return {
    columns: [
      { name: 'p_event_time', type: 'TIMESTAMP' },
      { name: 'eventName', type: 'VARCHAR' },
      { name: 'sourceIPAddress', type: 'VARCHAR' },
      { name: 'calls', type: 'BIGINT' },
      { name: 'userIdentity', type: 'STRUCT(type VARCHAR, arn VARCHAR)' },
      { name: 'errorCode', type: 'VARCHAR' },
    ],
    rows: Array.from({ length: rows }, (_, index) => [
      `2026-01-02 11:${String(index % 60).padStart(2, '0')}:12.000000`,
      ['ConsoleLogin', 'ListBuckets', 'AssumeRole', 'PutObject'][index % 4],
      `198.51.100.${index % 250}`,
      (index * 7_919) % 10_007,
      { type: 'Root', arn: 'arn:aws:iam::123456789012:root' },
      index % 3 === 0 ? null : 'AccessDenied',
    ]),
    truncated: true,
    stats: { elapsedMs: 41.2, rowCount: rows },
  };
}

export const AUDIT: readonly AuditEntry[] = [
  {
    id: 3,
    at: ago(2),
    actor: 'u1',
    actorName: 'Ada Example',
    action: 'source.create',
    target: 's2',
    ip: '192.0.2.10',
    status: 201,
    details: { name: 'Okta push', config: { token: '[redacted]' } },
  },
  {
    id: 2,
    at: ago(4),
    actor: 'anonymous',
    actorName: '',
    action: 'session.create',
    target: '',
    ip: '203.0.113.9',
    status: 401,
    details: { email: 'root@example.com' },
  },
  {
    id: 1,
    at: ago(60),
    actor: 'system',
    actorName: 'system',
    action: 'user.create',
    target: 'u1',
    ip: '',
    status: 201,
    details: {},
  },
];

export const PACKS: readonly Pack[] = [
  {
    name: 'panther-starter',
    revision: 1,
    detections: 92,
    overridden: 1,
    switched: 0,
    source: null,
    isFixed: true,
    installedAt: ago(90_000),
    updatedAt: ago(90_000),
    updatedByName: 'Panther',
    note: '',
  },
  {
    name: 'team-rules',
    revision: 3,
    detections: 2,
    overridden: 1,
    switched: 1,
    source: {
      url: 'https://git.example.com/security/rules.git',
      ref: 'main',
      folder: '',
      commit: '1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b4c5',
    },
    isFixed: false,
    installedAt: ago(9_000),
    updatedAt: ago(90),
    updatedByName: 'Ada Admin',
    note: 'quieter at night',
  },
];

export const PACK_REVISIONS: readonly PackRevision[] = [3, 2, 1].map((revision) => ({
  revision,
  at: ago(90 * (4 - revision)),
  by: 'u1',
  byName: 'Ada Admin',
  note: revision === 3 ? 'quieter at night' : '',
  source: null,
  detections: 2,
  added: revision === 1 ? ['Team.Login', 'Team.Export'] : [],
  changed: revision === 1 ? [] : ['Team.Login'],
  removed: [],
}));

export function packPlan(part: Partial<PackPlan> = {}): PackPlan {
  return {
    name: 'team-rules',
    revision: 3,
    changes: [
      {
        id: 'Team.Login',
        type: 'rule',
        action: 'change',
        fields: ['Severity', 'code'],
        owner: null,
        conflicts: [{ field: 'Severity', here: 'Critical', pack: 'High' }],
        before: { yaml: 'Severity: Low\n', body: 'def rule(event):\n    return True\n' },
        after: { yaml: 'Severity: High\n', body: 'def rule(event):\n    return False\n' },
      },
      {
        id: 'Team.New',
        type: 'rule',
        action: 'add',
        fields: [],
        owner: null,
        conflicts: [],
        before: null,
        after: { yaml: 'RuleID: Team.New\n', body: '' },
      },
    ],
    unchanged: 1,
    switched: ['Team.Export'],
    overridden: [{ id: 'Team.Login', fields: ['Severity'] }],
    problems: [],
    commit: null,
    ...part,
  };
}

export const OVERRIDES: DetectionOverrides = {
  origin: 'pack:team-rules',
  version: '4f2a91c0d1e2f3a4',
  fields: [
    { field: 'Severity', kind: 'severity', packValue: 'Low', value: 'Critical', isOverridden: true },
    { field: 'Threshold', kind: 'integer', packValue: null, value: null, isOverridden: false },
    { field: 'Tags', kind: 'list', packValue: ['AWS'], value: ['AWS'], isOverridden: false },
    { field: 'CreateAlert', kind: 'boolean', packValue: null, value: null, isOverridden: false },
    { field: 'OutputIds', kind: 'destinations', packValue: null, value: null, isOverridden: false },
    {
      field: 'Reports',
      kind: 'reports',
      packValue: { 'MITRE ATT&CK': ['TA0001:T1078'] },
      value: { 'MITRE ATT&CK': ['TA0001:T1078'] },
      isOverridden: false,
    },
    { field: 'Runbook', kind: 'long-text', packValue: 'Look.', value: 'Look.', isOverridden: false },
  ],
};

export const DETECTION_CHANGES: readonly DetectionChange[] = [
  {
    at: ago(60),
    by: 'u1',
    byName: 'Ada Admin',
    action: 'overridden',
    fields: ['Severity'],
    fromVersion: 'a',
    toVersion: 'b',
    pack: null,
    note: 'ours is worse',
  },
  {
    at: ago(9_000),
    by: 'system',
    byName: 'Panther',
    action: 'added',
    fields: [],
    fromVersion: null,
    toVersion: 'a',
    pack: 'pack:team-rules',
    note: '',
  },
];
