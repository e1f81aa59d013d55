import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { type AwsEmulator, startAwsEmulator } from '../../../test/support/aws-emulator.ts';
import { runCommand } from '../../../test/support/run-command.ts';
import { makeTestSources, until } from '../../../test/support/test-sources.ts';
import { createIntake } from '../../sources/configured.ts';
import { createSourceRunner } from '../../sources/running.ts';
import { filegen } from './filegen.ts';
import { parse } from './parse.ts';

const CLOCK = { now: new Date('2026-01-14T12:30:00Z') };

describe('panther filegen', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panther-filegen-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** Names and contents of the files of a folder. */
  async function files(name: string): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      found.set(path.slice(join(folder, name).length + 1), await readFile(path));
    }
    return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  const run = (...argv: string[]) => runCommand(filegen, argv, { cwd: folder, ...CLOCK });

  it('writes files by hour and log type, all of which are read; the same for the same seed', async () => {
    const argv = ['--log-type', 'AWS.CloudTrail', '--log-type', 'AWS.VPCFlow', '--rows', '50', '--files', '2'];
    const span = ['--start', '2026-01-02T03', '--end', '2026-01-02T04', '--prefix', 'bench/'];
    const done = await run(...argv, ...span, '--to', 'a', '--attacks', '0.01', '--json');
    assert.equal(done.status, 0, done.stderr);
    const summary = JSON.parse(done.stdout);
    assert.deepEqual([summary.files, summary.rows, summary.isInterrupted], [8, 400, false]);
    const written = await files('a');
    for (const name of written.keys()) {
      assert.match(name, /^bench\/AWS\.(CloudTrail|VPCFlow)\/2026-01-02T0[34]\/[0-9a-f-]{36}\.log\.gz$/);
    }
    const paths = [...written.keys()].map((name) => join('a', name));
    const parsed = await runCommand(
      parse,
      ['--strict', '--log-type', 'AWS.CloudTrail', ...paths.filter((path) => path.includes('CloudTrail'))],
      { cwd: folder },
    );
    assert.equal(parsed.status, 0);
    const times = parsed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => String(JSON.parse(line).p_event_time));
    assert.equal(times.length, 200);
    assert.ok(times.every((time) => /^2026-01-02 0[34]:/.test(time)));

    await run(...argv, ...span, '--to', 'b', '--attacks', '0.01', '--concurrency', '1');
    assert.deepEqual(await files('b'), written);
    await run(...argv, ...span, '--to', 'c', '--attacks', '0.01', '--seed', 'other');
    assert.notDeepEqual(await files('c'), written);
  });

  it('takes the flags of its predecessor', async () => {
    const argv = ['--AWS.CloudTrail', '--AWS.CloudTrail.numfiles', '3', '--AWS.CloudTrail.file.numrows', '7'];
    await run(...argv, '--start', '2026-01-02T03', '--end', '2026-01-02T03', '--to', 'old');
    const written = await files('old');
    assert.equal(written.size, 3);
    for (const [name, bytes] of written) {
      assert.match(
        name,
        /^AWS\.CloudTrail\/2026-01-02T03\/\d{12}_CloudTrail_us-east-1_20260102T03\d\dZ_[0-9a-f]{32}\.json\.gz$/,
      );
      assert.equal(JSON.parse(gunzipSync(bytes).toString()).Records.length, 7);
    }
  });

  it('writes a total, over log types and hours, in files of a size', async () => {
    const argv = [
      '--log-type',
      'Nginx.Access',
      '--log-type',
      'Okta.SystemLog',
      '--start',
      '2026-01-02T03',
      '--end',
      '2026-01-02T04',
    ];
    const done = await run(...argv, '--total', '2MB', '--file-size', '200kB', '--to', 'total', '--json', '--gzip', '0');
    const summary = JSON.parse(done.stdout);
    assert.equal(summary.files, 12);
    assert.ok(summary.bytes >= 2e6 && summary.bytes < 2.05e6, String(summary.bytes));
    assert.equal(summary.bytes, summary.writtenBytes);
  });

  it('writes logs of a schema of the user', async () => {
    await writeFile(
      join(folder, 'orders.yml'),
      'schema: Custom.Orders\nfields:\n  - {name: at, type: timestamp, timeFormat: unix_ms, isEventTime: true, required: true}\n  - {name: customer_email, type: string}\n',
    );
    const { status, stdout } = await run('--schema', 'orders.yml', '--rows', '20', '--gzip', '0', '--to', '-');
    assert.equal(status, 0);
    await writeFile(join(folder, 'orders.json'), stdout);
    const parsed = await runCommand(
      parse,
      ['--strict', '--schema', 'orders.yml', '--log-type', 'Custom.Orders', 'orders.json'],
      { cwd: folder },
    );
    assert.equal(parsed.status, 0, parsed.stderr);
    assert.match(parsed.stdout, /"customer_email":"\w+@example\.com"/);
    assert.equal(parsed.stdout.trimEnd().split('\n').length, 20);
  });

  it('says which log types there are', async () => {
    const { stdout } = await run('--list');
    assert.match(stdout, /^AWS\.CloudTrail$/m);
    assert.match(stdout, /^Panther\.Heartbeat \(from its schema\)$/m);
  });

  for (const [argv, expected] of [
    [['--to', 'x'], /no log types enabled/],
    [['--log-type', 'AWS.CloudTrial', '--to', 'x'], /unknown log type AWS\.CloudTrial \(did you mean "AWS.CloudTrail"/],
    [['--log-type', 'AWS.CloudTrail'], /--to: say where the logs go/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'ftp://example.com/'], /is no place for logs/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'x', '--start', 'soon'], /--start: "soon" is not a time/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'x', '--start', '2026-01-02', '--end', '2026-01-01'], /--end: is before/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'x', '--total', 'much'], /--total: "much" is not a size/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'x', '--rate', '0'], /--rate: must be more than 0/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'x', '--rate', '5', '--total', '1MB'], /--total: needs --start/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'x', '--duration', '5s'], /--duration: needs a rate/],
    [['--log-type', 'AWS.CloudTrail', '--to', 'x', '--attacks', '2'], /--attacks: must be a number from 0 to 1/],
    [['--log-type', 'AWS.CloudTrail', '--to', '/dev/null/x'], /cannot be written \(ENOTDIR\)/],
  ] as const) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const { status, stderr } = await run(...argv);
      assert.equal(status, 2);
      assert.match(stderr, expected);
    });
  }

  it('spreads a rate over time, and ends in order when it is stopped', async () => {
    const stop = new AbortController();
    const argv = ['--log-type', 'Nginx.Access', '--rate', '200', '--roll', '50ms', '--to', 'live', '--gzip', '0'];
    const startMs = Date.parse('2026-01-14T12:00:00Z');
    const started = performance.now();
    const clock = () => new Date(startMs + performance.now() - started);
    const { status, stdout } = await runLive(argv, clock, stop);
    assert.equal(status, 0);
    const rows = [...(await files('live')).values()].flatMap((bytes) => bytes.toString().trimEnd().split('\n'));
    assert.ok(rows.length >= 40, `${rows.length} rows`);
    assert.match(stdout, new RegExp(`^\\d+ files, ${rows.length} events`));
    assert.ok(rows.every((row) => row.includes('[14/Jan/2026:12:00:0')));
  });

  async function runLive(argv: string[], now: () => Date, stop: AbortController) {
    const clock = { now };
    // The clock of the command moves here.
    const running = runCommand(filegen, argv, {
      cwd: folder,
      signal: stop.signal,
      get now() {
        return clock.now();
      },
    });
    await until(
      async () => (await readdir(join(folder, 'live', 'Nginx.Access', '2026-01-14T12')).catch(() => [])).length >= 5,
    );
    stop.abort();
    return running;
  }

  it('leaves no half of a file behind when it is stopped', async () => {
    const stop = new AbortController();
    const running = runCommand(
      filegen,
      ['--log-type', 'AWS.CloudTrail', '--total', '50GB', '--to', 'stopped', '--records'],
      {
        cwd: folder,
        signal: stop.signal,
        ...CLOCK,
      },
    );
    await until(async () =>
      (await readdir(join(folder, 'stopped'), { recursive: true }).catch(() => [])).some(
        (name) => name.endsWith('.gz') && !name.includes('/.'),
      ),
    );
    stop.abort();
    const { status } = await running;
    assert.equal(status, 130);
    for (const bytes of (await files('stopped')).values())
      assert.ok(JSON.parse(gunzipSync(bytes).toString()).Records.length > 0);
  });
});

describe('panther filegen to a source of Panther', () => {
  /** An HTTP source behind a server; `answer` may answer first. */
  async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => boolean) {
    const sources = await makeTestSources();
    const row = await sources.add('http', { token: 'a-token-of-some-length' });
    const server = createServer(async (request, response) => {
      if (answer(request, response)) return void request.resume();
      const { headers, url = '' } = request;
      const { signal } = new AbortController();
      const result = await createIntake(sources.deps)(row, { headers, body: request, url, ip: '192.0.2.1', signal });
      response.writeHead(result.status, result.headers).end(JSON.stringify(result.body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(async () => {
      server.close();
      await sources.close();
    });
    return { sources, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ingest` };
  }

  const argv = ['--log-type', 'Zeek.DNS', '--total', '300kB', '--file-size', '100kB'];
  const token = { PANTHER_SOURCE_TOKEN: 'a-token-of-some-length' };

  it('over HTTP: compressed, and again when the source is busy or away', async (t) => {
    const attempts: string[] = [];
    const { sources, url } = await serve(t, (_request, response) => {
      attempts.push('');
      if (attempts.length === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else if (attempts.length === 2) response.writeHead(503, { 'retry-after': '0.05' }).end();
      else if (attempts.length === 3) response.socket?.destroy();
      else return false;
      return true;
    });
    const { status, stdout, stderr } = await runCommand(filegen, [...argv, '--to', url, '--json'], {
      env: token,
      ...CLOCK,
    });
    assert.equal(status, 0, stderr);
    const units = await sources.units();
    assert.equal(units.length, 3);
    const texts = await Promise.all(units.map(async (unit) => gunzipSync(await sources.read(unit)).toString()));
    const rows = texts.join('').trimEnd().split('\n');
    assert.equal(JSON.parse(stdout).rows, rows.length);
    assert.equal(attempts.length, 6);
  });

  it('over HTTP: a wrong token is the mistake of the user', async (t) => {
    const { url } = await serve(t, () => false);
    const { status, stderr } = await runCommand(filegen, [...argv, '--to', url, '--token', 'wrong'], CLOCK);
    assert.equal(status, 2);
    assert.match(stderr, /answered 401: .*give the token of the source with --token/);
  });

  async function freePort(): Promise<number> {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }

  it('over syslog: every line is one message', async (t) => {
    const sources = await makeTestSources();
    const port = await freePort();
    await sources.add('syslog', { port, transport: 'tcp+udp' });
    const runner = createSourceRunner(sources.deps);
    await runner.reload();
    t.after(async () => {
      await runner.stop();
      await sources.close();
    });
    const wanted = await runCommand(filegen, ['--log-type', 'Syslog.RFC5424', '--rows', '300', '--to', '-'], CLOCK);
    for (const transport of ['tcp', 'udp']) {
      const to = `syslog+${transport}://127.0.0.1:${port}`;
      const { status, stderr } = await runCommand(
        filegen,
        ['--log-type', 'Syslog.RFC5424', '--rows', '300', '--to', to],
        CLOCK,
      );
      assert.equal(status, 0, stderr);
      const found: string[] = [];
      await until(async () => {
        found.push(...(await sources.messages()));
        return found.length >= 300;
      });
      assert.deepEqual(found.toSorted(), wanted.stdout.trimEnd().split('\n').toSorted(), transport);
    }
  });

  it('over TLS: to who has the certificate of the authority', async (t) => {
    const sources = await makeTestSources();
    const [certFile, keyFile] = [join(sources.dir, 'cert.pem'), join(sources.dir, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const form = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    await promisify(execFile)('openssl', [...form, '-keyout', keyFile, '-out', certFile, ...subject]);
    const [tlsCertificate, tlsKey] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')];
    const port = await freePort();
    await sources.add('syslog', { port, host: 'localhost', transport: 'tls', tlsCertificate, tlsKey });
    const runner = createSourceRunner(sources.deps);
    await runner.reload();
    t.after(async () => {
      await runner.stop();
      await sources.close();
    });
    const line = ['--log-type', 'Syslog.RFC5424', '--rows', '40', '--to', `syslog+tls://localhost:${port}`];
    const refused = await runCommand(filegen, line, CLOCK);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /certificate/);
    const taken = await runCommand(filegen, [...line, '--tls-ca', certFile], CLOCK);
    assert.equal(taken.status, 0, taken.stderr);
    const found: string[] = [];
    await until(async () => {
      found.push(...(await sources.messages()));
      return found.length === 40;
    });
  });

  it('says that nobody listens', async () => {
    const port = await freePort();
    for (const to of [`syslog+tcp://127.0.0.1:${port}`, `syslog+tls://127.0.0.1:${port}`]) {
      const { status, stderr } = await runCommand(filegen, [...argv, '--to', to], CLOCK);
      assert.equal(status, 1);
      assert.match(stderr, /ECONNREFUSED/);
    }
  });
});

describe('panther filegen to S3', () => {
  let aws: AwsEmulator;
  before(async () => {
    aws = await startAwsEmulator();
    await aws.s3.send(new CreateBucketCommand({ Bucket: 'bench' }));
  });
  after(() => aws.close());

  /** As a process of its own: the SDK reads the credentials from the environment. */
  async function start(...argv: string[]) {
    const main = fileURLToPath(new URL('../../app/main.ts', import.meta.url));
    const env = { ...process.env, ...aws.env };
    const common = ['--start', '2026-01-02T03', '--end', '2026-01-02T03', ...aws.argv];
    return promisify(execFile)(process.execPath, [main, 'filegen', ...argv, ...common], { env }).catch(
      (error: { code: number; stderr: string }) => ({ ...error, stdout: '' }),
    );
  }

  async function keys(): Promise<string[]> {
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: 'bench' }));
    return Contents.map(({ Key = '' }) => Key);
  }

  it('writes objects, small ones and those of many parts, under the keys of the predecessor', async () => {
    const { stdout, stderr } = await start(
      '--AWS.CloudTrail',
      '--AWS.CloudTrail.numfiles',
      '2',
      '--AWS.CloudTrail.file.numrows',
      '9',
      '--bucket',
      'bench',
      '--prefix',
      'old',
      '--json',
    );
    assert.equal(stderr, '');
    const found = await keys();
    assert.equal(found.length, 2);
    for (const key of found)
      assert.match(key, /^old\/AWS\.CloudTrail\/2026-01-02T03\/\d{12}_CloudTrail_us-east-1_.*\.json\.gz$/);
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: 'bench', Key: found[0] }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    assert.equal(JSON.parse(gunzipSync(bytes).toString()).Records.length, 9);
    assert.equal(JSON.parse(stdout).files, 2);

    const large = await start(
      '--log-type',
      'Zeek.DNS',
      '--total',
      '24MB',
      '--gzip',
      '0',
      '--to',
      's3://bench/large',
      '--json',
    );
    const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: 'bench', Prefix: 'large/' }));
    assert.deepEqual(
      Contents.map(({ Size }) => Size),
      [JSON.parse(large.stdout).bytes],
    );
    assert.equal(JSON.parse(large.stdout).writtenBytes, JSON.parse(large.stdout).bytes);
  });

  it('says that there is no such bucket', async () => {
    const { stderr } = await start('--log-type', 'Zeek.DNS', '--rows', '5', '--to', 's3://nowhere/x');
    assert.match(stderr, /cannot write s3:\/\/nowhere\/x\/Zeek\.DNS/);
  });
});

/** What the same seed gives, on every machine and with every version: a benchmark can be done again. */
describe('bytes of seed 1', () => {
  it('stay the same', async () => {
    const argv = [
      '--log-type',
      'AWS.CloudTrail',
      '--rows',
      '2000',
      '--start',
      '2026-01-02T03',
      '--end',
      '2026-01-02T03',
    ];
    const { stdout } = await runCommand(filegen, [...argv, '--to', '-'], CLOCK);
    assert.equal(
      createHash('sha256').update(stdout).digest('hex'),
      'a3dbaad8a32bf756f23149cc6dbfca0034f85885e17ce5993f8bf4db101a62af',
    );
  });
});
