/** An HTTP endpoint on this machine that takes alerts, as a webhook's other side would. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Notification } from '../../src/destinations/notification.ts';

export interface Received {
  /** `performance.now()` when its last byte had arrived. */
  readonly atMs: number;
  readonly headers: IncomingHttpHeaders;
  readonly alert: Notification;
}

export interface Receiver {
  readonly url: string;
  /** Host and port, for `allowedDestinationHosts`. */
  readonly host: string;
  /** In the order of their arrival; tests empty it. */
  readonly received: Received[];
  close(): Promise<void>;
}

/** `status` decides the answer to each request; 200 without it. */
export async function startReceiver(status: (alert: Notification) => number = () => 200): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    try {
      const alert = JSON.parse(await text(request)) as Notification;
      received.push({ atMs: performance.now(), headers: request.headers, alert });
      response.writeHead(status(alert)).end('{}');
    } catch {
      // A sender that dies in the middle has sent nothing.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/alerts`,
    host,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
