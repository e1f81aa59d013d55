import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { runCommand } from '../../../test/support/run-command.ts';
import { nameFrom } from '../inference.ts';
import { customlogs } from './customlogs.ts';
import { filegen } from './filegen.ts';
import { infer } from './infer.ts';
import { parse } from './parse.ts';

const ORDERS =
  '{"time":"2026-01-02T03:04:05Z","id":1,"email":"alice@example.com"}\n{"time":"2026-01-02T03:04:06Z","id":2}\n';

describe('panther infer', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panther-infer-test-'));
    await writeFile(join(folder, 'web-orders.json.gz'), gzipSync(ORDERS));
    await writeFile(join(folder, 'mixed.json'), `${ORDERS}not json\n`);
    await writeFile(join(folder, 'prose.log'), 'once upon a time\nthere was a log\n');
  });
  after(() => rm(folder, { recursive: true }));

  const run = (argv: string[], stdin?: string) =>
    runCommand(infer, argv, { cwd: folder, ...(stdin !== undefined && { stdin }) });

  it('writes a schema that panther parse takes, named after the file', async () => {
    const { status, stdout, stderr } = await run(['web-orders.json.gz']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^schema: Custom\.WebOrders\nversion: 0\n/);
    assert.match(stdout, /isEventTime: true # the only time, in every record/);
    assert.match(stderr, /2 records parse with it, 0 do not/);
    await writeFile(join(folder, 'orders.yml'), stdout);
    const argv = ['--strict', '--schema', 'orders.yml', '--log-type', 'Custom.WebOrders', 'web-orders.json.gz'];
    const parsed = await runCommand(parse, argv, { cwd: folder });
    assert.equal(parsed.status, 0, parsed.stderr);
    assert.match(
      parsed.stdout,
      /"p_event_time":"2026-01-02 03:04:05\.000000000".*"p_any_emails":\["alice@example\.com"\]/,
    );
  });

  it('reads stdin, writes to a file, tells in JSON', async () => {
    const { status, stdout } = await run(['--name', 'Custom.Shop', '--output', 'shop.yml', '--json', '-'], ORDERS);
    assert.equal(status, 0);
    const report = JSON.parse(stdout);
    assert.deepEqual(
      [report.name, report.format, report.records, report.parsed, report.unparsed],
      ['Custom.Shop', 'json', 2, 2, 0],
    );
    assert.equal(await readFile(join(folder, 'shop.yml'), 'utf8'), report.schema);
  });

  it('tells what does not parse, with its place', async () => {
    const { status, stderr } = await run(['mixed.json']);
    assert.equal(status, 1);
    assert.match(stderr, /mixed\.json:3: .*not a JSON object/);
    assert.match(stderr, /2 records parse with it, 1 do not/);
  });

  it('says that the logs are of a known type', async () => {
    const { stdout } = await runCommand(filegen, ['--log-type', 'Okta.SystemLog', '--rows', '100', '--to', '-']);
    const { stderr } = await run(['-'], stdout);
    assert.match(stderr, /these are logs of the known type Okta\.SystemLog/);
  });

  for (const [argv, expected] of [
    [['prose.log'], /no format is evident/],
    [['--name', 'orders', 'web-orders.json.gz'], /must be a name such as Custom\.Orders/],
    [['nothing.json'], /nothing\.json: there is no such file/],
    [['--output', 'no/such/folder.yml', 'web-orders.json.gz'], /cannot be written/],
    [[], /something is missing/],
  ] as const) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const { status, stderr } = await run([...argv]);
      assert.equal(status, 2);
      assert.match(stderr, expected);
    });
  }

  it('names a log type after any file', () => {
    fc.assert(
      fc.property(fc.string(), (file) => {
        assert.match(nameFrom(file), /^Custom\.[A-Z][A-Za-z0-9]+$/);
      }),
    );
  });
});

describe('panther customlogs', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panther-customlogs-'));
    await writeFile(join(folder, 'orders.json'), ORDERS);
    await writeFile(join(folder, 'unnamed.yml'), 'version: 0\nfields:\n  - {name: id, type: bigint, required: true}\n');
    await writeFile(
      join(folder, 'unnamed.json'),
      '{"fields": [{"name": "email", "type": "string", "required": true}]}',
    );
    await writeFile(join(folder, 'broken.yml'), 'version: 0\nfields:\n  - {name: id, type: text}\n');
  });
  after(() => rm(folder, { recursive: true }));

  const run = (argv: string[], stdin?: string) =>
    runCommand(customlogs, argv, { cwd: folder, ...(stdin !== undefined && { stdin }) });

  it('test: writes events, and the count of results and errors', async () => {
    const { status, stdout, stderr } = await run(['test', '--schema', 'unnamed.yml', 'orders.json']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^\{"id":1,"p_log_type":"Custom\.Test"/);
    assert.match(stderr, /Done 2 results, 0 errors/);
  });

  it('test: writes events to a file, reads stdin, tells the lines that do not parse', async () => {
    const { status, stdout, stderr } = await run(['test', '--schema', 'unnamed.json', '--output', 'out.json'], ORDERS);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(await readFile(join(folder, 'out.json'), 'utf8'), /^\{"email":"alice@example\.com",.*\}\n$/);
    assert.match(stderr, /\(stdin\):2: .*email is missing/);
    assert.match(stderr, /Done 1 results, 1 errors/);
  });

  it('test: tells every mistake of a schema', async () => {
    const text = 'version: 1\nfields:\n  - {name: id, type: text}\n  - {nam: x, type: string}\n';
    await writeFile(join(folder, 'many.yml'), text);
    const { status, stderr } = await run(['test', '--schema', 'many.yml', 'orders.json']);
    assert.equal(status, 2);
    for (const place of ['many.yml:1: version', 'many.yml:3: fields.0.type', 'many.yml:4: fields.1']) {
      assert.ok(stderr.includes(place), stderr);
    }
  });

  it('infer: the same as panther infer', async () => {
    const { stdout } = await run(['infer', 'orders.json']);
    assert.equal(stdout, (await runCommand(infer, ['orders.json'], { cwd: folder })).stdout);
  });

  for (const [argv, expected] of [
    [['test', 'orders.json'], /--schema: name the schema/],
    [['test', '--schema', 'broken.yml', 'orders.json'], /broken\.yml:3: fields\.0\.type/],
    [['test', '--schema', 'unnamed.yml', '--output', 'no/such/file', 'orders.json'], /cannot be written/],
    [['infer'], /name the files to infer from/],
    [['infer', '--schema', 'unnamed.yml', 'orders.json'], /--schema: is for customlogs test/],
    [['deduce', 'orders.json'], /"deduce" is neither test nor infer/],
  ] as const) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const { status, stderr } = await run([...argv]);
      assert.equal(status, 2);
      assert.match(stderr, expected);
    });
  }
});
