/** Any HTTP endpoint: POSTs the alert as JSON, optionally signed and with headers of the user's choice. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { secret } from '../core/unit-config.ts';
import { defineDestination } from './destination.ts';
import { toNotification } from './notification.ts';
import { postText } from './post-json.ts';

/** Headers that belong to the exchange itself, or to the signature. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
  'transfer-encoding',
  'upgrade',
  'x-panther-signature',
]);

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'is not the name of a header')
  .refine((name) => !RESERVED.has(name.toLowerCase()), 'is set by Panther');

const headerValue = z.string().regex(/^[\t\x20-\x7e]{0,4000}$/, 'may only hold printable ASCII characters');

export const webhook = defineDestination({
  id: 'webhook',
  title: 'Custom webhook',
  description: 'Sends alerts as JSON to an HTTP endpoint of your choice.',
  documentationUrl: null,
  config: z.strictObject({
    url: secret(z.url({ protocol: /^https?$/, error: 'must be an http or https address' }))
      .meta({ title: 'URL' })
      .describe('Where alerts are sent by POST. Private addresses must be allowed by name in Panther’s configuration.'),
    signingSecret: secret(z.string().max(1_000))
      .meta({ title: 'Signing secret' })
      .describe('Signs the body: X-Panther-Signature is sha256= and the hexadecimal HMAC-SHA256 of its bytes.')
      .optional(),
    headers: secret(z.record(headerName, headerValue))
      .meta({ title: 'Headers' })
      .describe('Sent along with every alert, such as Authorization.')
      .optional(),
  }),
  deliver(alert, config, context) {
    const body = JSON.stringify(toNotification(alert));
    return postText(config.url, body, { ...config.headers, ...sign(body, config.signingSecret) }, context);
  },
});

function sign(body: string, key: string | undefined): Record<string, string> {
  if (!key) return {};
  return { 'x-panther-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` };
}
