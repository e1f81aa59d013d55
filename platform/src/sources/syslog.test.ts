import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { makeTestSources, until } from '../../test/support/test-sources.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import { createSourceRunner } from './running.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A running syslog source; `messages` waits for that many. */
async function start(t: TestContext, config: Record<string, unknown>) {
  const sources = await makeTestSources();
  const port = await freePort();
  const row = await sources.add('syslog', { port, ...config });
  const runner = createSourceRunner(sources.deps);
  await runner.reload();
  t.after(async () => {
    await runner.stop();
    await sources.close();
  });
  const found: string[] = [];
  return {
    sources,
    port,
    row,
    runner,
    messages: (count: number) =>
      until(async () => {
        found.push(...(await sources.messages()));
        return found.length >= count && found;
      }),
  };
}

async function send(socket: Socket, ...pieces: string[]): Promise<void> {
  for (const piece of pieces) await new Promise((written) => socket.write(piece, written));
  socket.end();
  await once(socket, 'close');
}

describe('source syslog', () => {
  it('takes line feeds and octet counting over TCP, and keeps line feeds inside messages', async (t) => {
    const { port, messages, row, sources } = await start(t, {});
    await send(connect(port, '127.0.0.1'), '<34>one\n<34>', 'two\n<34>cut off');
    await send(connect(port, '127.0.0.1'), '16 <34>three\n lines', '8 <34>four');
    assert.deepEqual((await messages(5)).toSorted(), [
      '<34>cut off',
      '<34>four',
      '<34>one',
      '<34>three\n lines',
      '<34>two',
    ]);
    assert.equal((await sources.row(row.id)).health, 'healthy');
  });

  it('puts messages that come together into one object', async (t) => {
    const { port, sources } = await start(t, {});
    await send(connect(port, '127.0.0.1'), Array.from({ length: 2_000 }, (_, index) => `<34>${index}\n`).join(''));
    const units = await until(async () => {
      const found = await sources.units();
      return found.length > 0 && found;
    });
    assert.ok(units.length <= 3, `${units.length} objects`);
  });

  it('takes UDP, a message per datagram', async (t) => {
    const { port, messages } = await start(t, { transport: 'udp' });
    const socket = createSocket('udp4');
    for (const text of ['<34>one\n', '', '<34>two\nlines']) {
      await new Promise((sent) => socket.send(text, port, '127.0.0.1', sent));
    }
    assert.deepEqual(await messages(2), ['<34>one', '<34>two\nlines']);
    socket.close();
  });

  it('takes TCP and UDP on one port', async (t) => {
    const { port, messages } = await start(t, { transport: 'tcp+udp' });
    const socket = createSocket('udp4');
    await new Promise((sent) => socket.send('<34>udp', port, '127.0.0.1', sent));
    await send(connect(port, '127.0.0.1'), '<34>tcp\n');
    assert.deepEqual((await messages(2)).toSorted(), ['<34>tcp', '<34>udp']);
    socket.close();
  });

  it('takes TLS, and only senders with a certificate when an authority is given', async (t) => {
    const { cert, key } = await makeCertificate(t);
    const { port, messages } = await start(t, {
      transport: 'tls',
      tlsCertificate: cert,
      tlsKey: key,
      tlsClientCa: cert,
    });
    const options = { port, host: '127.0.0.1', ca: cert, servername: 'localhost' };
    const stranger = connectTls(options);
    await assert.rejects(once(stranger, 'data'));
    const plain = connect(port, '127.0.0.1');
    await assert.doesNotReject(Promise.race([once(plain.end('<34>plain\n'), 'close'), once(plain, 'error')]));
    const known = connectTls({ ...options, cert, key });
    await once(known, 'secureConnect');
    await send(known, '<34>over tls\n');
    assert.deepEqual(await messages(1), ['<34>over tls']);
  });

  it('gives a large message an object of its own', async (t) => {
    const { port, messages } = await start(t, { maxMessageKb: 64 });
    const large = `<34>${'x'.repeat(3_000_000)}`;
    await send(connect(port, '127.0.0.1'), '<34>a\n', large, '\n<34>b\n');
    await send(connect(port, '127.0.0.1'), `${large.length} ${large}`, '5 <34>c');
    const found = await messages(5);
    assert.deepEqual(
      found.map((message) => message.length).toSorted((a, b) => a - b),
      [5, 5, 5, 3_000_004, 3_000_004],
    );
  });

  it('need 1: lets TCP senders wait while nothing can be stored, and loses nothing', async (t) => {
    const { port, messages, sources, row } = await start(t, {});
    sources.pressure = { kind: 'full', message: 'the disk is full', retryAfterSeconds: 1 };
    const socket = connect(port, '127.0.0.1');
    const filler = 'x'.repeat(1_000);
    let sent = 0;
    // 32 MiB in memory and what the system buffers: then the socket takes no more.
    const isStuck = async () => {
      const written = new Promise<boolean>((done) => socket.write(`<34>${sent++} ${filler}\n`, () => done(false)));
      return Promise.race([written, new Promise<boolean>((done) => setTimeout(done, 1_000, true))]);
    };
    while (!(await isStuck())) assert.ok(sent < 200_000, 'the sender is made to wait');
    assert.match((await sources.row(row.id)).health_message, /disk is full/);
    sources.pressure = undefined;
    socket.end();
    const found = await messages(sent);
    assert.equal(new Set(found.map((message) => message.split(' ')[0])).size, sent);
    assert.equal((await sources.row(row.id)).health, 'healthy');
  });

  it('stores what it has received before it stops', async (t) => {
    const { port, sources, runner } = await start(t, {});
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((written) => socket.write('<34>just in time\n<34>half', written));
    await runner.stop();
    assert.deepEqual(await sources.messages(), ['<34>just in time', '<34>half']);
  });

  it('refuses connections over the limit, and counts them', async (t) => {
    const { port, sources } = await start(t, { maxConnections: 1 });
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    const second = connect(port, '127.0.0.1');
    second.on('error', () => undefined);
    await once(second, 'close');
    const range = { from: new Date(0), to: new Date(Date.now() + 1_000), periodMs: 1e12 };
    const query = { name: 'syslog_refused_connections', statistic: 'sum', ...range } as const;
    assert.equal((await (sources.deps.metrics as unknown as MetricsReader).query(query))[0]?.points[0]?.value, 1);
    first.destroy();
  });

  it('says that the port is taken, and starts when it is free', async (t) => {
    const sources = await makeTestSources();
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const row = await sources.add('syslog', { port });
    const runner = createSourceRunner(sources.deps);
    t.after(async () => {
      await runner.stop();
      await sources.close();
    });
    await runner.reload();
    const { health, health_message } = await sources.row(row.id);
    assert.deepEqual(
      [health, health_message],
      ['unhealthy', `cannot listen on 127.0.0.1 port ${port}: something else listens there`],
    );
    squatter.close();
    await until(async () => (await sources.row(row.id)).health === 'healthy');
  });

  it('says that tls needs a certificate', async (t) => {
    const { sources, row } = await start(t, { transport: 'tls' });
    assert.match((await sources.row(row.id)).health_message, /tlsCertificate/);
  });
});

async function makeCertificate(t: TestContext): Promise<{ cert: string; key: string }> {
  const { dir, close } = await makeTestSources();
  t.after(close);
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const form = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await promisify(execFile)('openssl', [...form, '-keyout', keyFile, '-out', certFile, ...subject]);
  return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}
