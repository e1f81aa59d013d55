interface DnsEvent {
  /** Suricata */
  readonly dns?: { readonly rrname?: string; readonly rrtype?: string; readonly type?: string };
  readonly src_ip?: string;
  /** Zeek */
  readonly query?: string;
  readonly qtype_name?: string;
  readonly id_orig_h?: string;
}

/** A label holds up to 63 characters; tunnels use most of them, people do not. */
const LONG_LABEL = 40;
/** Letters and digits mixed, as encoded data has them: base32, base64 or hexadecimal. */
const MIN_DIGITS = 6;

export function rule(event: DnsEvent): boolean {
  if (event.dns?.type === 'answer') return false;
  const labels = queryName(event).split('.').slice(0, -2);
  return labels.some((label) => label.length >= LONG_LABEL && digits(label) >= MIN_DIGITS);
}

export function title(event: DnsEvent): string {
  return `DNS tunnel suspected from ${client(event)} through ${domain(event)}`;
}

export function alert_context(event: DnsEvent): Record<string, unknown> {
  return {
    client: client(event),
    domain: domain(event),
    firstQuery: queryName(event),
    type: event.dns?.rrtype ?? event.qtype_name,
  };
}

function queryName(event: DnsEvent): string {
  return event.dns?.rrname ?? event.query ?? '';
}

function client(event: DnsEvent): string {
  return event.src_ip ?? event.id_orig_h ?? '<unknown client>';
}

function domain(event: DnsEvent): string {
  return queryName(event).split('.').slice(-2).join('.').toLowerCase();
}

function digits(label: string): number {
  return label.replace(/\D/g, '').length;
}
