import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parse } from 'yaml';
import { normaliseColumnName } from '../column-names.ts';
import { stringifyEvent } from '../json-values.ts';
import { processChunks } from '../test-support.ts';
import { type Inferred, inferSchema } from './infer.ts';

interface PlainField {
  readonly name: string;
  readonly type: string;
  readonly [key: string]: unknown;
}

async function infer(...contents: readonly (string | Buffer)[]): Promise<Inferred> {
  const inputs = contents.map((content, index) => ({
    name: `samples-${index}.log`,
    open: async () => Readable.from([Buffer.from(content)]),
  }));
  return inferSchema(inputs, { name: 'Custom.Test', signal: new AbortController().signal });
}

const lines = (...records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** The schema's fields by name, and the events that it gives. */
async function inferred(...contents: readonly (string | Buffer)[]) {
  const found = await infer(...contents);
  const { events, kept } = await processChunks(contents.slice(0, 1), [found.logType]);
  assert.deepEqual(kept, []);
  const { fields } = parse(found.logType.text) as { fields: PlainField[] };
  const byName = Object.fromEntries(fields.map(({ name, ...field }) => [name, field as Omit<PlainField, 'name'>]));
  return { ...found, fields: byName, events };
}

describe('infer from JSON', () => {
  it('types, what is required, nested values', async () => {
    const { fields } = await inferred(
      lines(
        { n: 1, f: 1.5, s: 'a', b: true, o: { x: 1 }, l: [{ y: 'q' }], e: [], gone: null, q: '12', mixed: 1, opt: 1 },
        { n: 2, f: 2, s: 'b', b: false, o: { x: 2, z: 'w' }, l: [], e: [], gone: null, q: '13', mixed: { a: 1 } },
      ),
    );
    assert.deepEqual(fields, {
      n: { required: true, type: 'bigint' },
      f: { required: true, type: 'float' },
      s: { required: true, type: 'string' },
      b: { required: true, type: 'boolean' },
      o: {
        required: true,
        type: 'object',
        fields: [
          { name: 'x', required: true, type: 'bigint' },
          { name: 'z', type: 'string' },
        ],
      },
      l: {
        required: true,
        type: 'array',
        element: { type: 'object', fields: [{ name: 'y', required: true, type: 'string' }] },
      },
      e: { type: 'json' },
      gone: { type: 'json' },
      q: { required: true, type: 'bigint' },
      mixed: { type: 'json' },
      opt: { type: 'bigint' },
    });
  });

  it('times by form, and in numbers by name and size', async () => {
    const { fields, logType, events } = await inferred(
      lines({
        updated_at: '2026-01-02T03:04:05.123Z',
        eventTime: '2026-01-02 03:04:05',
        ts: 1_767_322_800,
        received_ms: 1_767_322_800_123,
        createdAt: 1_767_322_800_123,
        start_time: '1767322800',
        clf: '02/Jan/2026:03:04:05 +0000',
        duration: 1_767_322_800,
      }),
    );
    const formats = Object.entries(fields).map(([name, field]) => [name, field.type, field.timeFormat]);
    assert.deepEqual(formats, [
      ['updated_at', 'timestamp', 'rfc3339'],
      ['eventTime', 'timestamp', '%Y-%m-%d %H:%M:%S'],
      ['ts', 'timestamp', 'unix'],
      ['received_ms', 'bigint', undefined],
      ['createdAt', 'timestamp', 'unix_ms'],
      ['start_time', 'timestamp', 'unix'],
      ['clf', 'timestamp', '%d/%b/%Y:%H:%M:%S %z'],
      ['duration', 'bigint', undefined],
    ]);
    assert.equal(fields.eventTime?.isEventTime, true);
    assert.match(logType.text, /isEventTime: true # of 6 times: its name \("eventTime"\)/);
    assert.equal(events[0]?.p_event_time, '2026-01-02 03:04:05.000000000');
  });

  it('indicators by content and name', async () => {
    const { fields, events } = await inferred(
      lines({
        from: '192.0.2.1',
        who: 'alice@example.com',
        role: 'arn:aws:iam::123456789012:role/Admin',
        page: 'https://www.example.com/x',
        file_hash: 'd41d8cd98f00b204e9800998ecf8427e',
        digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        userName: 'alice',
        domain: 'www.example.com',
        request_id: 'c0ffee',
        account_id: '123456789012',
        instance: 'i-0123456789abcdef0',
        peer: '192.0.2.1:443',
        colour: 'blue',
      }),
    );
    const indicators = Object.entries(fields).map(([name, field]) => [name, ...((field.indicators as string[]) ?? [])]);
    assert.deepEqual(indicators, [
      ['from', 'ip'],
      ['who', 'email'],
      ['role', 'aws_arn'],
      ['page', 'url'],
      ['file_hash', 'md5'],
      ['digest', 'sha256'],
      ['userName', 'username'],
      ['domain', 'domain'],
      ['request_id', 'trace_id'],
      ['account_id', 'aws_account_id'],
      ['instance', 'aws_instance_id'],
      ['peer', 'net_addr'],
      ['colour'],
    ]);
    assert.deepEqual(events[0]?.p_any_emails, ['alice@example.com']);
  });

  it('keeps text as it is where a number would change it', async () => {
    const values = {
      zip: '01234',
      version: '1.10',
      plus: '+1',
      dash: '-',
      some: '1.50',
      huge: '123456789012345678901',
    };
    const { fields, events } = await inferred(lines(values));
    for (const name of Object.keys(values)) assert.equal(fields[name]?.type, 'string', name);
    const [event] = events;
    assert.deepEqual(Object.fromEntries(Object.keys(values).map((name) => [name, event?.[name]])), values);
  });

  it('names that columns cannot have', async () => {
    const record = { ID: 1, id: 2, p_log_type: 'x', 'a b': 3, a_b: 4, '': 5, o: { '': 6 } };
    const { fields, events } = await inferred(lines(record), lines({ ...record, o: { '': { deep: 1 } } }));
    assert.deepEqual(fields.id_2?.rename, { from: 'id' });
    assert.deepEqual(fields.field_p_log_type?.rename, { from: 'p_log_type' });
    const [event] = events;
    assert.deepEqual([event?.ID, event?.id_2, event?.field_p_log_type, event?.a_b, event?.a_b_2], [1, 2, 'x', 3, 4]);
    assert.deepEqual([event?.unnamed, event?.o], [5, { '': 6 }]);
  });

  it('a map whose names are data is JSON, and memory stays bounded', async () => {
    const records = Array.from({ length: 3_000 }, (_, index) => ({ id: index, seen: { [`host-${index}`]: index } }));
    const { fields, events } = await inferred(lines(...records));
    assert.equal(fields.seen?.type, 'json');
    assert.deepEqual(events[2_999]?.seen, { 'host-2999': 2_999 });
  });

  it('documents, arrays, Records and gzip', async () => {
    const records = [{ a: 1 }, { a: 2, b: 'x' }];
    for (const text of [
      JSON.stringify(records),
      JSON.stringify(records, undefined, 2),
      JSON.stringify({ Records: records }),
      records.map((record) => JSON.stringify(record, undefined, 2)).join('\n'),
      gzipSync(lines(...records)),
    ]) {
      const { fields, events } = await inferred(text);
      assert.deepEqual([Object.keys(fields), events.length], [['a', 'b'], 2]);
    }
  });

  it('counts records that are none', async () => {
    const found = await infer(`${lines({ a: 1 }, { a: 2 }, { a: 3 })}oops\n`);
    assert.deepEqual([found.records, found.unreadable], [3, 1]);
  });

  it('every record parses, and no value is lost', async () => {
    const key = fc.oneof(
      fc.constantFrom(
        'id',
        'ID',
        'time',
        'ts',
        'user',
        'a b',
        'p_x',
        '',
        '__proto__',
        'constructor',
        'x.y',
        '日本',
        'e',
      ),
      fc.string({ maxLength: 6 }),
    );
    const date = fc.date({ min: new Date('2000-01-02'), max: new Date('2090-01-01'), noInvalidDate: true });
    const scalar = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.boolean(),
      fc.constant(null),
      fc.string({ maxLength: 8 }),
      fc.constantFrom('', '-', 'true', '12', '1.5', '007', '192.0.2.1', 'a@example.com', 'http://example.com/'),
      date.map((value) => value.toISOString()),
      date.map((value) => Math.floor(value.getTime() / 1_000)),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    const record = fc.dictionary(key, value, { minKeys: 1, maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), async (records) => {
        const text = records.map((each) => `${stringifyEvent(each)}\n`).join('');
        const { logType } = await infer(text);
        const { events, kept } = await processChunks([text], [logType]);
        assert.deepEqual(kept, [], logType.text);
        for (const [index, each] of records.entries()) {
          const event = events[index] as Readonly<Record<string, unknown>>;
          for (const [name, wanted] of Object.entries(each)) {
            const field = logType.spec.fields.find(
              (candidate) => (candidate.rename?.from ?? candidate.copy?.from[0] ?? candidate.name) === name,
            );
            const column = normaliseColumnName(field?.name ?? name);
            assert.ok(leaves(event[column]) >= leaves(wanted), `${JSON.stringify(name)} in ${text}\n${logType.text}`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** How many values there are in a value; nothing, empty text and what is empty are none. */
function leaves(value: unknown): number {
  if (value === null || value === undefined || value === '') return 0;
  if (typeof value !== 'object') return 1;
  return Object.values(value).reduce((sum: number, inner) => sum + leaves(inner), 0);
}

describe('infer from text', () => {
  it('delimited text with a header, in every file', async () => {
    const first = 'time,user name,bytes,note\n2026-01-02 03:04:05,alice,12,"a, b"\n2026-01-02 03:04:06,bob,-,\n';
    const second = 'time,user name,bytes,note\n2026-01-03 03:04:05,carol,14,x\n';
    const { fields, format, records, events } = await inferred(first, second);
    assert.deepEqual([format, records, events.length], ['csv', 3, 2]);
    assert.deepEqual(
      Object.entries(fields).map(([name, field]) => [name, field.type, field.required ?? false]),
      [
        ['time', 'timestamp', true],
        ['user name', 'string', true],
        ['bytes', 'bigint', false],
        ['note', 'string', true],
      ],
    );
    assert.deepEqual([events[0]?.note, events[0]?.bytes, events[1]?.bytes], ['a, b', 12, undefined]);
  });

  for (const delimiter of ['\t', ';', '|', ' ']) {
    it(`delimited by ${JSON.stringify(delimiter)}`, async () => {
      const rows = [
        ['when', 'src-ip', 'n'],
        ['1767322800', '192.0.2.1', '1.50'],
        ['1767322801', '192.0.2.2', '2.25'],
      ];
      const { fields, format } = await inferred(rows.map((row) => `${row.join(delimiter)}\n`).join(''));
      assert.equal(format, 'csv');
      assert.deepEqual(
        Object.entries(fields).map(([name, { type }]) => [name, type]),
        [
          ['when', 'bigint'],
          ['src-ip', 'string'],
          ['n', 'float'],
        ],
      );
    });
  }

  it('delimited text without a header', async () => {
    const { fields, notes } = await inferred('1,alice,2026-01-02T03:04:05Z\n2,bob,2026-01-02T03:04:06Z\n');
    assert.deepEqual(Object.keys(fields), ['column_1', 'column_2', 'column_3']);
    assert.match(notes.join(), /there is no header/);
  });

  it('syslog', async () => {
    const { format, logType } = await inferred(
      '<34>Oct 11 22:14:15 web1 su[12]: failed\n<35>Oct 11 22:14:16 web1 su: ok\n',
    );
    assert.equal(format, 'syslog');
    assert.deepEqual(logType.spec.parser, { syslog: { format: 'rfc3164' } });
  });

  const PATTERNS: Readonly<Record<string, readonly [text: string, names: string[], last: unknown]>> = {
    'a level and a message': [
      '2026-01-02 03:04:05,123 INFO [main] com.example.Orders: order 12 is paid\n2026-01-02 03:04:06,001 WARN [worker-2] com.example.Mail: slow\n',
      ['time', 'level', 'field_3', 'program', 'message'],
      'slow',
    ],
    'names and values': [
      'time=2026-01-02T03:04:05Z level=info msg="order 12" took=3\ntime=2026-01-02T03:04:06Z level=warn msg="order \\"13\\"" took=4\n',
      ['time', 'level', 'msg', 'took'],
      4,
    ],
    'an access log': [
      '192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8.5.0"\n192.0.2.2 - bob [02/Jan/2026:03:04:06 +0000] "GET /x HTTP/1.1" 404 7 "https://example.com/" "Mozilla/5.0 (X11)"\n',
      ['ip', 'field_2', 'field_3', 'time', 'request', 'status', 'number_7', 'referrer', 'user_agent'],
      'Mozilla/5.0 (X11)',
    ],
  };
  for (const [name, [text, names, last]] of Object.entries(PATTERNS)) {
    it(`lines with ${name}`, async () => {
      const { fields, format, events } = await inferred(text);
      assert.equal(format, 'text');
      assert.deepEqual(Object.keys(fields), names);
      assert.deepEqual(events[1]?.[names.at(-1) ?? ''], last);
      assert.match(events[1]?.p_event_time ?? '', /^2026-01-02 03:04:06/);
    });
  }

  it('refuses what has no evident form, and what is empty', async () => {
    await assert.rejects(infer('once upon a time\nthere was a log\n'), /no format is evident in lines such as "once/);
    await assert.rejects(infer('\n\n'), /there is no record/);
  });

  it('streams: a large log takes the memory of its fields', async () => {
    const line = lines({ time: '2026-01-02T03:04:05Z', id: 1, text: 'x'.repeat(500) });
    const chunk = Buffer.from(line.repeat(200));
    const open = async () =>
      Readable.from(
        (function* () {
          for (let index = 0; index < 600; index += 1) yield chunk;
        })(),
      );
    const { signal } = new AbortController();
    const before = process.memoryUsage().rss;
    const { records } = await inferSchema([{ name: 'large.json', open }], { name: 'Custom.Large', signal });
    assert.equal(records, 120_000);
    assert.ok(process.memoryUsage().rss - before < 150e6);
  });
});

describe('infer from the samples of known log types', () => {
  it('gives a schema that parses them', async () => {
    const folder = fileURLToPath(new URL('../../../../content/log-types/', import.meta.url));
    const { readFileSync } = await import('node:fs');
    for (const name of ['aws/cloudtrail', 'okta/system-log', 'gitlab/api', 'suricata/dns', 'zeek/dns']) {
      const samples = parse(readFileSync(`${folder}${name}.samples.yml`, 'utf8')) as {
        input: string;
        error?: boolean;
      }[];
      const text = samples.flatMap(({ input, error }) => (error ? [] : [`${input}\n`])).join('');
      await inferred(text);
    }
  });
});
