import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runCommand } from '../../../test/support/run-command.ts';
import { parse } from './parse.ts';

const NGINX =
  '192.0.2.7 - - [06/Feb/2019:00:00:38 +0000] "GET / HTTP/1.1" 301 193 "https://example.com/?p=1" "curl/7.64.1"';
const SYSLOG = '<34>Oct 11 22:14:15 web1 su: failed for alice on /dev/pts/8';

describe('panther parse', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panther-parse-'));
    await writeFile(join(folder, 'access.log.gz'), gzipSync(`${NGINX}\nnot a log\n${NGINX}\n`));
    await writeFile(
      join(folder, 'orders.yml'),
      'schema: Custom.Orders\nfields:\n  - {name: order, type: string, required: true}\n',
    );
    await writeFile(join(folder, 'broken.yml'), 'schema: Custom.Orders\nfields:\n  - {name: order, type: text}\n');
  });
  after(() => rm(folder, { recursive: true }));

  it('writes events as NDJSON and tells file, line and reason of the rest', async () => {
    const run = await runCommand(parse, ['--log-type', 'Nginx.Access', 'access.log.gz'], { cwd: folder });
    assert.equal(run.status, 0);
    const events = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map((event) => [event.p_log_type, event.status]),
      [
        ['Nginx.Access', 301],
        ['Nginx.Access', 301],
      ],
    );
    assert.notEqual(events[0].p_row_id, events[1].p_row_id);
    assert.match(run.stderr, /^access\.log\.gz:2: .*Nginx\.Access: 3 columns/);
  });

  it('gives status 1 for unparsed records only with --strict', async () => {
    const run = await runCommand(parse, ['--strict', '-'], { stdin: 'not a log\n' });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /^\(stdin\):1: no log type accepts it/);
  });

  it('tries every known type without --log-type', async () => {
    const run = await runCommand(parse, ['--now', '2021-06-01T00:00:00Z', '-'], { stdin: `${SYSLOG}\n` });
    const event = JSON.parse(run.stdout);
    assert.equal(event.p_log_type, 'Syslog.RFC3164');
    assert.equal(event.p_event_time, '2021-10-11 22:14:15.000000000');
  });

  it('knows the schemas it is given', async () => {
    const run = await runCommand(parse, ['--schema', 'orders.yml', '-'], { cwd: folder, stdin: '{"order":"A-1"}' });
    assert.equal(JSON.parse(run.stdout).p_log_type, 'Custom.Orders');
  });

  it('keeps integers beyond 2^53', async () => {
    const schema = join(folder, 'big.yml');
    await writeFile(schema, 'schema: Custom.Big\nfields:\n  - {name: n, type: bigint}\n  - {name: j, type: json}\n');
    const line = '{"n":9007199254740993,"j":{"a":[12345678901234567890]}}';
    const run = await runCommand(parse, ['--schema', schema, '--log-type', 'Custom.Big', '-'], { stdin: line });
    assert.match(run.stdout, /"n":9007199254740993,"j":\{"a":\[12345678901234567890\]\}/);
  });

  for (const [argv, message] of [
    [['--log-type', 'Nginx.Acces', '-'], /unknown log type Nginx\.Acces.*Nginx\.Access/],
    [['missing.log'], /missing\.log: there is no such file/],
    [['.'], /\.: it is a folder/],
    [['--now', 'soon', '-'], /"soon" is not a time/],
    [['--schema', 'broken.yml', '-'], /broken\.yml:3: fields\.0\.type/],
  ] as const) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const run = await runCommand(parse, argv, { cwd: folder });
      assert.equal(run.status, 2);
      assert.match(run.stderr, message);
    });
  }
});
