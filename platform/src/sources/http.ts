/**
 * Logs pushed over HTTP: `POST /api/v1/ingest/<source>`. A body is streamed to the spool without being held; the answer
 * is 200 only when it is durable. NDJSON, JSON, CSV and plain text are told apart later, by their content.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { ExternalError } from '../core/errors.ts';
import { secret } from '../core/unit-config.ts';
import { defineSource, type IntakeRequest, type IntakeResponse, type SourceContext } from './source.ts';
import { storeInput } from './spool/store-input.ts';

const configSchema = z.object({
  token: secret(z.string().min(16).regex(/^\S+$/))
    .optional()
    .describe('Senders authenticate with the header `Authorization: Bearer <token>`. Made up when left out.'),
  hmacSecret: secret(z.string().min(16))
    .optional()
    .describe(
      'Senders authenticate with an HMAC-SHA256 of the body as it is sent, made with this secret, in hexadecimal.',
    ),
  hmacHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/)
    .default('X-Hub-Signature-256')
    .describe('The header with the HMAC.'),
  hmacPrefix: z.string().max(32).default('sha256=').describe('What stands before the HMAC in its header.'),
  maxBodyMb: z
    .number()
    .positive()
    .max(5_000)
    .default(100)
    .describe('Largest body as it is sent, in MB; larger ones are refused with 413.'),
});

type Config = z.output<typeof configSchema>;

/** An answer other than 200, found out while the body is read. */
class Refusal extends Error {
  readonly response: IntakeResponse;

  constructor(response: IntakeResponse) {
    super('the request is refused');
    this.response = response;
  }
}

export const http = defineSource({
  id: 'http',
  title: 'HTTP',
  description: 'Logs that other systems push over HTTP: NDJSON, JSON, CSV or plain text, also compressed.',
  documentationUrl: null,
  config: configSchema,
  generatedSecrets: ['token'],
  endpoint: ({ name }) => `/api/v1/ingest/${encodeURIComponent(name)}`,

  async receive(request, config, context) {
    const refused = checkHead(request, config) ?? (await checkPressure(context));
    if (refused) return refused;
    try {
      return { status: 200, body: { object: await spool(request, config, context) } };
    } catch (error) {
      if (error instanceof Refusal) return error.response;
      if (!(error instanceof ExternalError)) throw error;
      context.log.error({ source: context.source.name, error }, 'spool cannot be written');
      return unavailable(503, error.message, 30);
    }
  },
});

/** What can be said without reading the body. */
function checkHead({ headers }: IntakeRequest, config: Config): IntakeResponse | undefined {
  if (!hasToken(headers.authorization, config.token) && !hasSignatureHeader(headers, config)) return unauthenticated();
  const encoding = contentEncoding(headers['content-encoding']);
  if (encoding === undefined) {
    const message = `content-encoding ${headers['content-encoding']} is not known: use gzip, zstd or none`;
    return answer(415, 'unsupported-type', message);
  }
  return Number(headers['content-length'] ?? 0) > maxBytes(config) ? tooLarge(config) : undefined;
}

async function checkPressure(context: SourceContext): Promise<IntakeResponse | undefined> {
  const pressure = await context.pressure();
  return pressure && unavailable(pressure.kind === 'busy' ? 429 : 503, pressure.message, pressure.retryAfterSeconds);
}

/** Nothing of a body that fails a check is kept. */
async function spool(
  { body, headers, signal }: IntakeRequest,
  config: Config,
  context: SourceContext,
): Promise<string> {
  const encoding = contentEncoding(headers['content-encoding']) ?? '';
  const check = checkBody(headers, config, encoding);
  const [received, stored] = await Promise.allSettled([
    pipeline(body, check, { signal }),
    storeInput(context, check, SUFFIXES[encoding] ?? '.log'),
  ]);
  // One failure makes the other one fail too: the sender's mistake comes first, then what the store says.
  if (received.status === 'rejected' && received.reason instanceof Refusal) throw received.reason;
  if (stored.status === 'fulfilled') return stored.value;
  throw signal.aborted ? new Refusal(answer(400, 'incomplete', 'the body did not arrive in full')) : stored.reason;
}

const SUFFIXES: Readonly<Record<string, string>> = { gzip: '.gz', zstd: '.zst' };
const MAGIC: Readonly<Record<string, string>> = { gzip: '1f8b', zstd: '28b52ffd' };

function checkBody(headers: IntakeRequest['headers'], config: Config, encoding: string): Transform {
  const needsSignature = !hasToken(headers.authorization, config.token);
  const hmac = needsSignature ? createHmac('sha256', config.hmacSecret ?? '') : undefined;
  const magic = MAGIC[encoding] ?? '';
  let start = '';
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes(config)) return done(new Refusal(tooLarge(config)));
      hmac?.update(chunk);
      start += chunk.subarray(0, 4).toString('hex');
      done(null, chunk);
    },
    flush(done) {
      if (bytes === 0) return done(new Refusal(answer(400, 'invalid', 'the body is empty')));
      if (!start.startsWith(magic)) return done(new Refusal(answer(400, 'invalid', `the body is not ${encoding}`)));
      const isSigned = hmac === undefined || isSignature(headers, config, hmac.digest('hex'));
      return done(isSigned ? null : new Refusal(unauthenticated()));
    },
  });
}

/** `''` for none; undefined for one that is not supported. */
function contentEncoding(header: string | undefined): string | undefined {
  const encoding = (header ?? '').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return '';
  if (encoding === 'x-gzip') return 'gzip';
  return encoding in SUFFIXES ? encoding : undefined;
}

function hasToken(header: string | undefined, token: string | undefined): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
  return token !== undefined && given !== undefined && isEqual(given, token);
}

function hasSignatureHeader(headers: IntakeRequest['headers'], config: Config): boolean {
  return config.hmacSecret !== undefined && typeof headers[config.hmacHeader.toLowerCase()] === 'string';
}

function isSignature(headers: IntakeRequest['headers'], config: Config, expected: string): boolean {
  const given = String(headers[config.hmacHeader.toLowerCase()]);
  return isEqual(given.toLowerCase(), `${config.hmacPrefix}${expected}`.toLowerCase());
}

/** Takes the same time wherever the first difference is. */
function isEqual(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function maxBytes(config: Config): number {
  return Math.floor(config.maxBodyMb * 1_000_000);
}

function tooLarge(config: Config): IntakeResponse {
  return answer(413, 'too-large', `the body is larger than ${config.maxBodyMb} MB: send it in parts`);
}

function unauthenticated(): IntakeResponse {
  const { body } = answer(401, 'unauthenticated', 'there is no such enabled source, or its credentials are wrong');
  return { status: 401, headers: { 'www-authenticate': 'Bearer' }, body };
}

function unavailable(status: 429 | 503, message: string, retryAfterSeconds: number): IntakeResponse {
  const { body } = answer(status, status === 429 ? 'busy' : 'unavailable', message);
  return { status, headers: { 'retry-after': String(retryAfterSeconds) }, body };
}

function answer(status: number, code: string, message: string): IntakeResponse {
  return { status, body: { error: { code, message } } };
}
