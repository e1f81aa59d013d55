/**
 * Syslog over TCP (octet counting or line feeds, RFC 6587), TLS (RFC 5425) and UDP (RFC 5426). Each source has its own
 * port. Messages are stored as they are; whether they are RFC 3164, RFC 5424 or something else is found out later.
 *
 * TCP senders wait while the spool is behind. UDP has no way to ask for that: what comes meanwhile is dropped and counted.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { secret } from '../core/unit-config.ts';
import { defineSource, type RunningSource, type SourceContext } from './source.ts';
import { MessageBatches } from './spool/message-batches.ts';
import { serveConnection } from './syslog/connection.ts';
import { withoutTrailer } from './syslog/framing.ts';

const configSchema = z.object({
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(1514)
    .describe('Port to listen on. Ports below 1024 need a privilege on most systems.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all of IPv4, :: for all.'),
  transport: z.enum(['tcp', 'udp', 'tcp+udp', 'tls']).default('tcp').describe('How messages come.'),
  tlsCertificate: z.string().optional().describe('For tls: the server’s certificate with its chain, in PEM.'),
  tlsKey: secret(z.string()).optional().describe('For tls: the key of the certificate, in PEM.'),
  tlsClientCa: z
    .string()
    .optional()
    .describe('For tls: certificates of authorities, in PEM. When given, senders need a certificate from one of them.'),
  maxConnections: z.int().min(1).max(100_000).default(1_000).describe('Further connections are closed at once.'),
  maxMessageKb: z
    .int()
    .min(1)
    .max(16_000)
    .default(256)
    .describe('Larger messages get an object of their own; from 16 MB on they are kept as rejected records.'),
});

type Config = z.output<typeof configSchema>;

const LINGER_MS = 250;
const STOP_GRACE_MS = 10_000;
const UDP_BUFFER_BYTES = 8 << 20;

export const syslog = defineSource({
  id: 'syslog',
  title: 'Syslog',
  description: 'Messages that network devices and servers send over TCP, TLS or UDP.',
  documentationUrl: 'https://datatracker.ietf.org/doc/html/rfc5424',
  config: configSchema,
  endpoint: ({ config }) => {
    const { transport, host, port } = configSchema.parse(config);
    return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  },

  async start(config, context) {
    const batches = new MessageBatches(context);
    const listeners: RunningSource[] = [];
    const stop = async () => {
      await Promise.all(listeners.map((listener) => listener.stop()));
      const lostBytes = await batches.stop(STOP_GRACE_MS);
      if (lostBytes > 0) context.log.error({ source: context.source.name, lostBytes }, 'messages are lost at the stop');
    };
    try {
      if (config.transport !== 'udp') listeners.push(await listenTcp(config, context, batches));
      if (config.transport.includes('udp')) listeners.push(await listenUdp(config, context, batches));
    } catch (error) {
      await stop();
      throw explained(error, config);
    }
    await context.reportHealth({ status: 'healthy', message: '' });
    return { stop };
  },
});

async function listenTcp(config: Config, context: SourceContext, batches: MessageBatches): Promise<RunningSource> {
  const connections = new Map<Socket, Promise<void>>();
  const limits = { batchedMessageBytes: config.maxMessageKb * 1_024 };
  const server = createListener(config, (socket) => {
    const served = serveConnection(socket, context, batches, limits).finally(() => connections.delete(socket));
    connections.set(socket, served);
  });
  server.maxConnections = config.maxConnections;
  server.on('drop', () => context.metrics.count('syslog_refused_connections', 1, { source: context.source.name }));
  server.listen(config.port, config.host);
  await once(server, 'listening');
  server.on('error', (error) => context.log.error({ source: context.source.name, error }, 'syslog listener failed'));
  return {
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      const served = [...connections.values()];
      for (const socket of connections.keys()) finish(socket);
      await Promise.all([closed, ...served]);
    },
  };
}

/** Reads what has arrived already, then closes. */
function finish(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.on('close', () => clearTimeout(timer));
}

function createListener(config: Config, serve: (socket: Socket) => void): Server {
  if (config.transport !== 'tls') return createServer({ keepAlive: true }, serve);
  const { tlsCertificate: cert, tlsKey: key, tlsClientCa: ca } = config;
  if (cert === undefined || key === undefined) throw new UserError('tls needs tlsCertificate and tlsKey');
  const client = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ cert, key, ...client, minVersion: 'TLSv1.2', keepAlive: true }, serve);
}

async function listenUdp(config: Config, context: SourceContext, batches: MessageBatches): Promise<RunningSource> {
  const socket = createSocket(config.host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (datagram) => {
    const message = withoutTrailer(datagram);
    if (batches.isFull) context.metrics.count('syslog_dropped_messages', 1, { source: context.source.name });
    else if (message.length > 0) batches.add(message);
  });
  socket.bind(config.port, config.host);
  await once(socket, 'listening');
  socket.on('error', (error) => context.log.error({ source: context.source.name, error }, 'syslog listener failed'));
  enlargeBuffer(socket, context);
  return {
    stop: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** The system holds what comes in bursts; it may allow less. */
function enlargeBuffer(socket: UdpSocket, context: SourceContext): void {
  try {
    socket.setRecvBufferSize(UDP_BUFFER_BYTES);
  } catch (error) {
    context.log.warn(
      { source: context.source.name, error },
      'the receive buffer of the UDP port keeps its default size',
    );
  }
}

function explained(error: unknown, { host, port }: Config): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const reason = {
    EADDRINUSE: 'something else listens there',
    EACCES: 'ports below 1024 need a privilege',
    EADDRNOTAVAIL: 'this machine does not have that address',
  };
  const known = reason[code as keyof typeof reason];
  return known
    ? new UserError(`cannot listen on ${host} port ${port}: ${known}`, { field: 'port' }, { cause: error })
    : error;
}
