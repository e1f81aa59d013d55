import type { Event } from 'panther';

type OktaEvent = Event<'Okta.SystemLog'>;

const GRANTS = ['user.account.privilege.grant', 'group.privilege.grant'];

export function rule(event: OktaEvent): boolean {
  if (!GRANTS.includes(event.eventType ?? '')) return false;
  return event.outcome?.result === 'SUCCESS';
}

export function title(event: OktaEvent): string {
  const actor = event.actor?.alternateId ?? '<unknown>';
  return `${actor} made ${targetName(event)} ${privilege(event)} in Okta`;
}

export function severity(event: OktaEvent): string {
  return /super|organization/i.test(privilege(event)) ? 'HIGH' : 'DEFAULT';
}

export function alert_context(event: OktaEvent): Record<string, unknown> {
  return {
    actor: event.actor?.alternateId,
    target: targetName(event),
    privilege: privilege(event),
    sourceIPAddress: event.client?.ipAddress,
  };
}

function targetName(event: OktaEvent): string {
  const [target] = event.target ?? [];
  return target?.alternateId ?? target?.displayName ?? '<unknown>';
}

function privilege(event: OktaEvent): string {
  return event.debugContext?.debugData?.privilegeGranted ?? 'an administrator';
}
