import type { LakeSchema } from '@panther/platform/contract';

export interface ExampleQuery {
  readonly title: string;
  readonly sql: string;
}

const EVERYWHERE: readonly ExampleQuery[] = [
  {
    title: 'Newest events of every log type',
    sql: 'SELECT p_event_time, p_log_type, p_source_label, p_row_id\nFROM panther_views.all_logs\nORDER BY p_event_time DESC\nLIMIT 100',
  },
  {
    title: 'Everything an address did',
    sql: "SELECT p_event_time, p_log_type, p_any_usernames, p_row_id\nFROM panther_views.all_logs\nWHERE list_contains(p_any_ip_addresses, '198.51.100.7')\nORDER BY p_event_time DESC\nLIMIT 200",
  },
  {
    title: 'Events per hour and log type',
    sql: "SELECT date_trunc('hour', p_event_time) AS hour, p_log_type, count(*) AS events\nFROM panther_views.all_logs\nGROUP BY hour, p_log_type\nORDER BY hour DESC, events DESC\nLIMIT 200",
  },
];

const BY_TABLE: Readonly<Record<string, ExampleQuery>> = {
  aws_cloudtrail: {
    title: 'Most frequent CloudTrail calls',
    sql: 'SELECT eventSource, eventName, count(*) AS calls, count(DISTINCT sourceIPAddress) AS addresses\nFROM panther_logs.aws_cloudtrail\nGROUP BY eventSource, eventName\nORDER BY calls DESC\nLIMIT 50',
  },
  okta_systemlog: {
    title: 'Okta: who failed to sign in',
    sql: "SELECT p_event_time, p_any_emails, p_any_ip_addresses, eventType\nFROM panther_logs.okta_systemlog\nWHERE eventType = 'user.session.start' AND outcome.result = 'FAILURE'\nORDER BY p_event_time DESC\nLIMIT 100",
  },
};

/** Queries to start from: those that fit every lake, and those for tables that are there. */
export function exampleQueries(schema: LakeSchema | undefined): readonly ExampleQuery[] {
  const logs = schema?.databases.find(({ name }) => name === 'panther_logs')?.tables ?? [];
  return [...EVERYWHERE, ...logs.flatMap(({ name }) => BY_TABLE[name] ?? [])];
}
