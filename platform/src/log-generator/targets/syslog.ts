/** Lines to a syslog receiver: TCP and TLS with octet counting (RFC 6587, RFC 5425), UDP with a datagram each. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ExternalError, UserError } from '../../core/errors.ts';
import { isIp } from '../../core/indicators.ts';
import type { LogTarget } from './target.ts';

export interface SyslogTargetOptions {
  readonly transport: 'tcp' | 'tls' | 'udp';
  readonly host: string;
  readonly port: number;
  /** For tls: certificates of authorities to trust, in PEM; without it those of the system. */
  readonly ca?: string;
  readonly signal: AbortSignal;
}

export async function syslogTarget(options: SyslogTargetOptions): Promise<LogTarget> {
  return options.transport === 'udp' ? udpTarget(options) : streamTarget(options);
}

async function streamTarget(options: SyslogTargetOptions): Promise<LogTarget> {
  const { host, port, transport, ca, signal } = options;
  const name = { host, port };
  const socket: Socket =
    transport === 'tls'
      ? connectTls({ ...name, ...(!isIp(host) && { servername: host }), ...(ca !== undefined && { ca }) })
      : connect(name);
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  await once(socket, transport === 'tls' ? 'secureConnect' : 'connect', { signal }).catch((error: unknown) => {
    socket.destroy();
    throw unreachable(options, error);
  });

  async function send(bytes: Buffer): Promise<void> {
    if (failure !== undefined || socket.destroyed) throw unreachable(options, failure);
    if (!socket.write(bytes)) await drained(socket);
    if (failure !== undefined) throw unreachable(options, failure);
  }

  return {
    async write({ chunks }) {
      let sent = 0;
      for await (const chunk of chunks) {
        const framed = Buffer.concat(linesOf(chunk).flatMap((line) => [Buffer.from(`${line.length} `), line]));
        await send(framed);
        sent += framed.length;
      }
      return sent;
    },
    async close() {
      if (socket.destroyed) return;
      await new Promise<void>((done) => {
        socket.once('close', () => done());
        socket.end();
        socket.resume();
        // The receiver may keep its side open.
        setTimeout(() => socket.destroy(), 1_000).unref();
      });
      if (failure !== undefined) throw unreachable(options, failure);
    },
  };
}

/** What a datagram can hold. */
const MAX_DATAGRAM = 65_507;

async function udpTarget(options: SyslogTargetOptions): Promise<LogTarget> {
  const { host, port } = options;
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.connect(port, host);
  await once(socket, 'connect').catch((error: unknown) => {
    throw unreachable(options, error);
  });

  function send(line: Buffer): Promise<void> {
    if (line.length > MAX_DATAGRAM) {
      throw new UserError(`a line of ${line.length} bytes does not fit in a datagram; use syslog+tcp`, {
        field: '--to',
      });
    }
    return new Promise((sent, fail) => {
      socket.send(line, (error) => (error === null ? sent() : fail(unreachable(options, error))));
    });
  }

  return {
    async write({ chunks }) {
      let sent = 0;
      for await (const chunk of chunks) {
        for (const line of linesOf(chunk)) {
          await send(line);
          sent += line.length;
        }
      }
      return sent;
    },
    async close() {
      await new Promise<void>((done) => socket.close(done));
    },
  };
}

function linesOf(chunk: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < chunk.length; ) {
    const newline = chunk.indexOf(10, start);
    const end = newline < 0 ? chunk.length : newline;
    if (end > start) lines.push(chunk.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** Resolves when the socket takes more, or never will. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) socket.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) socket.on(event, done);
  });
}

function unreachable({ transport, host, port }: SyslogTargetOptions, error: unknown): ExternalError {
  const reason = error instanceof Error ? error.message : 'the connection was closed';
  return new ExternalError(`syslog+${transport}://${host}:${port}: ${reason}`, { retryable: true, cause: error });
}
