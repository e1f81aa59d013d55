import type { Event } from 'panther';

type ApiEvent = Event<'GitLab.API'>;

export function rule(event: ApiEvent): boolean {
  if (event.status !== 401 && event.status !== 403) return false;
  // GitLab's parts ask each other, too.
  return event.path?.startsWith('/api/v4/internal/') === false;
}

export function title(event: ApiEvent): string {
  return `Many denied requests to the GitLab API of ${event.host} from ${event.remote_ip ?? '<unknown address>'}`;
}

export function alert_context(event: ApiEvent): Record<string, unknown> {
  return {
    sourceIPAddress: event.remote_ip,
    user: event.username,
    firstRequest: `${event.method} ${event.path}`,
    userAgent: event.ua,
  };
}
