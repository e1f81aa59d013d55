/** Keys and values of the format and of Sigma. */
import type { Completion } from '@codemirror/autocomplete';

function keys(text: string): readonly Completion[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [label = '', detail = ''] = line.trim().split(/:\s*(.*)/);
      return { label, detail };
    });
}

/** By the key that they stand under; at the top level the empty text. */
export const SPEC_KEYS: Readonly<Record<string, readonly Completion[]>> = {
  '': keys(`
    AnalysisType: what it is
    RuleID: unique id
    DisplayName: shown in the console
    Enabled: true or false
    Filename: file of the code
    Detection: conditions in YAML, in place of code
    LogTypes: list of log types
    ScheduledQueries: of a scheduled rule
    Severity: Info to Critical
    Description: what it finds
    Reference: link
    Runbook: what to do about it
    Tags: list
    Reports: framework to ids
    Status: stable, experimental, deprecated
    DedupPeriodMinutes: matches within become one alert
    Threshold: events before there is an alert
    CreateAlert: false for a signal
    OutputIds: destinations
    SummaryAttributes: fields to count in alerts
    InlineFilters: conditions that events must meet first
    DynamicSeverities: severity by conditions
    GroupBy: fields that make the dedup string
    AlertTitle: title with fields in braces
    AlertContext: more about the match
    Tests: events and what is expected
    QueryName: of a query
    Query: SQL
    Schedule: when it runs
    LookupName: of a lookup table
    PackID: of a pack`),
  Tests: keys(`
    Name: of the test
    ExpectedResult: true or false
    Log: the event
    LogType: of the event
    ExpectedDestinations: list
    Mocks: values in place of functions`),
  Mocks: keys(`
    objectName: function or constant
    returnValue: what it gives back`),
  Detection: keys(`
    Key: field
    DeepKey: path of fields
    Condition: comparison
    Value: to compare with
    Values: to compare with
    All: all of these
    Any: any of these
    OnlyOne: exactly one of these
    None: none of these`),
  Schedule: keys(`
    RateMinutes: every so many minutes
    CronExpression: cron
    TimeoutMinutes: most a run takes`),
  AlertContext: keys(`
    KeyName: name
    KeyValue: field`),
  DynamicSeverities: keys(`
    ChangeTo: severity
    Conditions: list`),
  Reports: keys('MITRE ATT&CK: TA0001:T1078').map((key) => ({ ...key, apply: 'MITRE ATT&CK:\n    - ' })),
};

const BOOLEANS = ['true', 'false'];
const SEVERITY_NAMES = ['Info', 'Low', 'Medium', 'High', 'Critical'];

export const SPEC_VALUES: Readonly<Record<string, readonly string[]>> = {
  AnalysisType: [
    'rule',
    'scheduled_rule',
    'correlation_rule',
    'policy',
    'global',
    'datamodel',
    'lookup_table',
    'saved_query',
    'scheduled_query',
    'pack',
  ],
  Severity: SEVERITY_NAMES,
  ChangeTo: SEVERITY_NAMES,
  Status: ['stable', 'experimental', 'deprecated'],
  Enabled: BOOLEANS,
  CreateAlert: BOOLEANS,
  ExpectedResult: BOOLEANS,
  Condition: [
    'Equals',
    'DoesNotEqual',
    'IEquals',
    'IDoesNotEqual',
    'StartsWith',
    'DoesNotStartWith',
    'IStartsWith',
    'IDoesNotStartWith',
    'EndsWith',
    'DoesNotEndWith',
    'IEndsWith',
    'IDoesNotEndWith',
    'Contains',
    'DoesNotContain',
    'IContains',
    'IDoesNotContain',
    'Has',
    'DoesNotHave',
    'IHas',
    'IDoesNotHave',
    'IsGreaterThan',
    'IsGreaterThanOrEquals',
    'IsLessThan',
    'IsLessThanOrEquals',
    'IsIPAddressInCIDR',
    'IsIPAddressNotInCIDR',
    'IsIn',
    'IsNotIn',
    'IIsIn',
    'IIsNotIn',
    'Exists',
    'DoesNotExist',
    'IsNull',
    'IsNotNull',
    'IsNullOrEmpty',
    'IsNotNullOrEmpty',
    'IsIPAddress',
    'IsIPv4Address',
    'IsIPv6Address',
    'IsIPAddressPublic',
    'IsIPAddressPrivate',
    'AnyElement',
    'AllElements',
    'OnlyOneElement',
    'NoElement',
    'AlwaysTrue',
    'AlwaysFalse',
  ],
};

export const SIGMA_KEYS: Readonly<Record<string, readonly Completion[]>> = {
  '': keys(`
    title: of the rule
    id: UUID
    status: of the rule
    description: what it finds
    references: list of links
    author: who wrote it
    date: YYYY-MM-DD
    modified: YYYY-MM-DD
    tags: such as attack.t1078
    logsource: which logs
    detection: selections and condition
    correlation: over other rules
    fields: worth showing
    falsepositives: known
    level: severity`),
  logsource: keys(`
    category: such as process_creation
    product: such as windows
    service: such as cloudtrail`),
  detection: keys(`
    selection: fields and values
    filter: fields and values
    keywords: texts
    condition: how the selections are put together
    timeframe: such as 5m`),
  correlation: keys(`
    type: of the correlation
    rules: list
    group-by: list of fields
    timespan: such as 5m
    condition: such as gte`),
};

export const SIGMA_VALUES: Readonly<Record<string, readonly string[]>> = {
  status: ['stable', 'test', 'experimental', 'deprecated', 'unsupported'],
  level: ['informational', 'low', 'medium', 'high', 'critical'],
  product: ['aws', 'okta', 'github', 'google_workspace', 'kubernetes', 'windows', 'linux', 'macos', 'zeek'],
  category: ['process_creation', 'network_connection', 'dns_query', 'webserver', 'proxy', 'firewall', 'file_event'],
  type: ['event_count', 'value_count', 'temporal', 'temporal_ordered'],
  condition: ['selection', 'selection and not filter', '1 of selection*', 'all of selection*', 'not', 'and', 'or'],
};

export const SIGMA_MODIFIERS = [
  'contains',
  'startswith',
  'endswith',
  'all',
  're',
  'cidr',
  'exists',
  'gt',
  'gte',
  'lt',
  'lte',
  'cased',
  'base64',
  'base64offset',
  'windash',
  'wide',
  'fieldref',
  'expand',
];
