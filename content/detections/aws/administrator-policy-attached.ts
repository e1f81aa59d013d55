import type { Event } from 'panther';

type IamEvent = Event<'AWS.CloudTrail'>;

const ATTACHING = ['AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy'];

export function rule(event: IamEvent): boolean {
  if (event.eventSource !== 'iam.amazonaws.com') return false;
  if (!ATTACHING.includes(event.eventName ?? '')) return false;
  if (event.errorCode !== undefined) return false;
  // The partition differs: aws, aws-cn, aws-us-gov.
  return event.requestParameters?.policyArn?.endsWith(':iam::aws:policy/AdministratorAccess') ?? false;
}

export function title(event: IamEvent): string {
  return `AdministratorAccess attached to ${principal(event)} in AWS account ${event.recipientAccountId}`;
}

export function alert_context(event: IamEvent): Record<string, unknown> {
  return {
    actor: event.userIdentity?.arn,
    attachedTo: principal(event),
    policy: event.requestParameters?.policyArn,
    sourceIPAddress: event.sourceIPAddress,
  };
}

function principal({ requestParameters: request }: IamEvent): string {
  if (request?.userName !== undefined) return `user ${request.userName}`;
  if (request?.groupName !== undefined) return `group ${request.groupName}`;
  return `role ${request?.roleName ?? '<unknown>'}`;
}
