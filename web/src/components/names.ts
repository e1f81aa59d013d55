/** Names of the program as people write them. */

const ACRONYMS = new Set([
  'api',
  'arn',
  'aws',
  'cpu',
  'dns',
  'hmac',
  'http',
  'https',
  'id',
  'ip',
  'json',
  'mb',
  'sql',
  'tcp',
  'tls',
  'udp',
  'uri',
  'url',
]);

/** `signingSecret` → `Signing secret`, `maxBodyMb` → `Max body MB`, `log processor` → `Log processor`. */
export function humanName(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[\s_]+/);
  const text = words
    .map((word) => (ACRONYMS.has(word.toLowerCase()) ? word.toUpperCase() : word.toLowerCase()))
    .join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
