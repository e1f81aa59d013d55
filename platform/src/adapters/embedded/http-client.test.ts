import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { ExternalError } from '../../core/errors.ts';
import type { HttpRequest } from '../../ports/http-client.ts';
import { isPublicAddress } from './addresses.ts';
import { createHttpClient } from './http-client.ts';

const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function listen(handler: RequestListener, host = '127.0.0.1'): Promise<{ port: number; hits: () => number }> {
  let hits = 0;
  const server: Server = createServer((request, response) => {
    hits++;
    handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { port: (server.address() as AddressInfo).port, hits: () => hits };
}

const POST: HttpRequest = { method: 'POST', body: '{}', timeoutMs: 5_000 };

describe('forbidden addresses', async () => {
  const target = await listen((_, response) => response.end('reached'));
  const { port } = target;
  const client = createHttpClient({ allow: [] });

  const forms = {
    loopback: `http://127.0.0.1:${port}/`,
    'other loopback': `http://127.8.9.10:${port}/`,
    'short form': `http://127.1:${port}/`,
    decimal: `http://2130706433:${port}/`,
    octal: `http://0177.0.0.1:${port}/`,
    hexadecimal: `http://0x7f.0.0.1:${port}/`,
    'hexadecimal number': `http://0x7f000001:${port}/`,
    'full-width digits': `http://１２７.０.０.１:${port}/`,
    'this host': `http://0.0.0.0:${port}/`,
    localhost: `http://localhost:${port}/`,
    'IPv6 loopback': `http://[::1]:${port}/`,
    'IPv6 unspecified': `http://[::]:${port}/`,
    'IPv4-mapped': `http://[::ffff:127.0.0.1]:${port}/`,
    'IPv4-mapped in hexadecimal': `http://[::ffff:7f00:1]:${port}/`,
    'IPv4-compatible': `http://[::127.0.0.1]:${port}/`,
    NAT64: `http://[64:ff9b::7f00:1]:${port}/`,
    '6to4': `http://[2002:7f00:1::]:${port}/`,
    'unique local': 'http://[fd00::1]/',
    'IPv6 link-local': 'http://[fe80::1]/',
    'private 10': 'http://10.0.0.1/',
    'private 172.16': 'http://172.16.0.1/',
    'private 192.168': 'http://192.168.1.1/',
    'carrier-grade NAT': 'http://100.64.0.1/',
    'cloud metadata': 'http://169.254.169.254/latest/meta-data/',
    'IPv6 cloud metadata': 'http://[fd00:ec2::254]/latest/meta-data/',
    'credentials before the host': `http://example.com@127.0.0.1:${port}/`,
    multicast: 'http://224.0.0.1/',
    broadcast: 'http://255.255.255.255/',
  };
  for (const [name, url] of Object.entries(forms)) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(client.request(url, POST), (error) => {
        assert.ok(error instanceof ExternalError);
        assert.match(error.message, /is not a public address/);
        assert.equal(error.retryable, false);
        return true;
      });
    });
  }

  it('connects to none of them', () => assert.equal(target.hits(), 0));

  it('refuses a name that resolves to a forbidden address, also beside a public one', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::1'], ['::ffff:127.0.0.1']]) {
      const resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const named = createHttpClient({ allow: [], resolve });
      await assert.rejects(named.request(`http://rebind.example.com:${port}/`, POST), /is not a public address/);
    }
    assert.equal(target.hits(), 0);
  });

  it('refuses other schemes and what is no URL', async () => {
    await assert.rejects(client.request('file:///etc/passwd', POST), /file: is not http: or https:/);
    await assert.rejects(client.request('ftp://example.com/', POST), /ftp: is not http: or https:/);
    await assert.rejects(client.request('not a url', POST), /URL is not valid/);
  });
});

describe('allowed hosts', () => {
  it('reaches a host that is allowed by name, with or without its port, and no other port', async () => {
    const { port } = await listen((_, response) => response.end('reached'));
    for (const allow of ['127.0.0.1', `127.0.0.1:${port}`, 'LOCALHOST']) {
      const host = allow.startsWith('127') ? '127.0.0.1' : 'localhost';
      const client = createHttpClient({ allow: [allow] });
      assert.equal((await client.request(`http://${host}:${port}/`, POST)).body, 'reached');
    }
    const elsewhere = createHttpClient({ allow: [`127.0.0.1:${port + 1}`] });
    await assert.rejects(elsewhere.request(`http://127.0.0.1:${port}/`, POST), /is not a public address/);
  });

  it('connects to the answer it has checked: a resolver that changes its mind is asked once', async () => {
    const { port, hits } = await listen((_, response) => response.end('first'));
    const answers = ['127.0.0.1', '127.0.0.2'];
    const resolve = async () => [{ address: answers.shift() ?? 'none left', family: 4 }];
    const client = createHttpClient({ allow: ['rebind.example.com'], resolve });
    assert.equal((await client.request(`http://rebind.example.com:${port}/`, POST)).body, 'first');
    assert.equal(hits(), 1);
    assert.deepEqual(answers, ['127.0.0.2']);
  });

  it('does not follow a redirect, wherever it leads', async () => {
    const inside = await listen((_, response) => response.end('secret'));
    const location = `http://127.0.0.1:${inside.port}/`;
    const { port } = await listen((_, response) => response.writeHead(307, { location }).end());
    const client = createHttpClient({ allow: [`127.0.0.1:${port}`] });
    const response = await client.request(`http://127.0.0.1:${port}/`, POST);
    assert.equal(response.status, 307);
    assert.equal(inside.hits(), 0);
  });

  it('ignores a proxy of the environment', async () => {
    const { port } = await listen((_, response) => response.end('direct'));
    process.env.http_proxy = 'http://127.0.0.1:9';
    try {
      const client = createHttpClient({ allow: ['127.0.0.1'] });
      assert.equal((await client.request(`http://127.0.0.1:${port}/`, POST)).body, 'direct');
    } finally {
      delete process.env.http_proxy;
    }
  });
});

describe('answers', () => {
  const client = createHttpClient({ allow: ['127.0.0.1'] });

  it('gives status, headers and body', async () => {
    const { port } = await listen((_, response) => response.writeHead(429, { 'Retry-After': '7' }).end('slow down'));
    const response = await client.request(`http://127.0.0.1:${port}/`, POST);
    assert.equal(response.status, 429);
    assert.equal(response.headers['retry-after'], '7');
    assert.equal(response.body, 'slow down');
  });

  it('stops reading a body that does not end', async () => {
    const { port } = await listen((_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(64 * 1024)), 1);
      response.on('close', () => clearInterval(timer));
    });
    const response = await client.request(`http://127.0.0.1:${port}/`, POST);
    assert.equal(response.status, 200);
    assert.equal(response.body.length, 64 * 1024);
  });

  it('gives up on a server that hangs, before or after the head of its answer', async () => {
    const silent = await listen(() => {});
    const half = await listen((_, response) => response.writeHead(200).write('begin'));
    for (const { port } of [silent, half]) {
      const request = client.request(`http://127.0.0.1:${port}/`, { ...POST, timeoutMs: 200 });
      await assert.rejects(request, (error) => {
        assert.ok(error instanceof ExternalError && error.retryable);
        assert.match(error.message, /no answer within 0.2 s/);
        return true;
      });
    }
  });

  it('reports a connection that closes in the middle of a body as retryable', async () => {
    const server = createTcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await assert.rejects(client.request(`http://127.0.0.1:${port}/`, POST), (error) => {
      assert.ok(error instanceof ExternalError && error.retryable);
      return true;
    });
  });

  it('reports a refused connection as retryable', async () => {
    await assert.rejects(client.request('http://127.0.0.1:1/', POST), (error) => {
      assert.ok(error instanceof ExternalError && error.retryable);
      assert.match(error.message, /network error/);
      return true;
    });
  });
});

it('knows public addresses', () => {
  for (const address of ['93.184.216.34', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001:81b::200e']) {
    assert.ok(isPublicAddress(address), address);
  }
  for (const address of ['fec0::1', 'ff02::1', '2001:db8::1', '2001::1', '198.18.0.1', '192.0.2.1', 'x', '']) {
    assert.ok(!isPublicAddress(address), address);
  }
});
