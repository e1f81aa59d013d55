import type { Event } from 'panther';

type TrailEvent = Event<'AWS.CloudTrail'>;

const STOPPING = ['StopLogging', 'DeleteTrail'];

export function rule(event: TrailEvent): boolean {
  if (event.eventSource !== 'cloudtrail.amazonaws.com') return false;
  if (!STOPPING.includes(event.eventName ?? '')) return false;
  return event.errorCode === undefined;
}

export function title(event: TrailEvent): string {
  const done = event.eventName === 'DeleteTrail' ? 'deleted' : 'stopped';
  return `CloudTrail trail ${trailName(event)} was ${done} in AWS account ${event.recipientAccountId}`;
}

export function dedup(event: TrailEvent): string {
  return `${event.recipientAccountId}/${trailName(event)}`;
}

export function alert_context(event: TrailEvent): Record<string, unknown> {
  return {
    actor: event.userIdentity?.arn ?? event.userIdentity?.type,
    action: event.eventName,
    trail: event.requestParameters?.name,
    region: event.awsRegion,
    sourceIPAddress: event.sourceIPAddress,
  };
}

/** Requests name a trail by its name or by its ARN. */
function trailName(event: TrailEvent): string {
  return event.requestParameters?.name?.split('/').at(-1) ?? '<unknown>';
}
