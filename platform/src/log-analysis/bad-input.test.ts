/** Input that is damaged, hostile or huge: what can be read is read, the rest is kept with a reason, nothing crashes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { createGzip, gzipSync, zstdCompressSync } from 'node:zlib';
import { compileLogType } from './compile.ts';
import { stringifyEvent } from './json-values.ts';
import { processStream } from './process-stream.ts';
import { loadSchema } from './schema.ts';
import { processChunks } from './test-support.ts';

const TYPE = loadSchema(
  `schema: Custom.Test
fields:
  - {name: n, type: bigint}
  - {name: f, type: float}
  - {name: s, type: string}
  - {name: j, type: json}
`,
  'test.yml',
);

const LINES = Array.from({ length: 20_000 }, (_, n) => `{"n":${n},"s":"${(n * 7919).toString(36)} of example.com"}`);
const TEXT = `${LINES.join('\n')}\n`;

function run(chunks: readonly (string | Buffer)[], options = {}) {
  return processChunks(chunks, [TYPE], options);
}

function pieces(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}

describe('compressed input', () => {
  for (const [name, compress] of [
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
  ] as const) {
    it(`reads ${name} of one and of several members, cut anywhere`, async () => {
      const members = Buffer.concat([
        compress(LINES.slice(0, 9_000).join('\n')),
        compress(`\n${LINES.slice(9_000).join('\n')}`),
      ]);
      for (const bytes of [compress(TEXT), members]) {
        for (const size of [1_000, 65_536, bytes.length]) {
          const { counts, kept } = await run(pieces(bytes, size));
          assert.deepEqual(
            kept.map((record) => record.reason),
            [],
          );
          assert.equal(counts.stored, LINES.length);
        }
      }
    });

    it(`cuts members of ${name} at their border`, async () => {
      const { counts, kept } = await run([compress('{"n":1}\n'), compress('{"n":2}\n'), compress('{"n":3}\n')]);
      assert.deepEqual(kept, []);
      assert.equal(counts.stored, 3);
    });

    it(`gives what is there of truncated ${name}, and says where it ends`, async () => {
      const bytes = compress(TEXT);
      const { counts, kept, events } = await run([bytes.subarray(0, bytes.length - 20)]);
      assert.ok(events.length > 1_000);
      const rejected = kept.filter((record) => record.kind === 'rejected');
      assert.equal(rejected.length, 1);
      assert.match(rejected[0]?.reason ?? '', /truncated/);
      assert.equal(rejected[0]?.byteOffset, counts.bytes);
      assert.ok(counts.bytes > TEXT.length / 2);
      assert.equal(counts.received, counts.stored + counts.quarantined + counts.rejected);
    });

    it(`stops at garbage after ${name}, and says so`, async () => {
      for (const chunks of [
        [Buffer.concat([compress(TEXT), Buffer.from('garbage')])],
        [compress(TEXT), Buffer.from('garbage')],
      ]) {
        const { counts, kept } = await run(chunks);
        assert.equal(counts.stored, LINES.length);
        assert.deepEqual(
          kept.map((record) => record.kind),
          ['rejected'],
        );
      }
    });
  }

  it('takes zeros after gzip for padding', async () => {
    const { counts, kept } = await run([Buffer.concat([gzipSync(TEXT), Buffer.alloc(1_000)])]);
    assert.deepEqual(kept, []);
    assert.equal(counts.stored, LINES.length);
  });

  it('gives what comes before the damage of corrupt gzip', async () => {
    const bytes = gzipSync(TEXT);
    bytes.fill(0xff, bytes.length - 2_000, bytes.length - 1_000);
    const { events, kept } = await run(pieces(bytes, 1_000));
    assert.ok(events.length > 1_000);
    assert.match(kept.at(-1)?.reason ?? '', /gzip stream is corrupt/);
  });

  it('stops a bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const before = process.memoryUsage().rss;
    const { counts, kept } = await run([bomb], { limits: { maxRatio: 100, ratioFreeBytes: 1024 * 1024 } });
    assert.match(kept.at(-1)?.reason ?? '', /decompression bomb/);
    assert.ok(counts.bytes < 80 * 1024 * 1024);
    assert.ok(process.memoryUsage().rss - before < 256 * 1024 * 1024);
  });

  it('reads no more than the limit of bytes', async () => {
    const { counts, kept } = await run(pieces(Buffer.from(TEXT), 10_000), { limits: { maxBytes: 100_000 } });
    assert.ok(counts.bytes <= 110_000);
    assert.match(kept.at(-1)?.reason ?? '', /larger than 100000 bytes/);
  });
});

describe('records', () => {
  it('has nothing to say about an empty file', async () => {
    for (const chunks of [[], [''], ['\n\n \r\n'], [gzipSync('')]]) {
      const { counts } = await run(chunks);
      assert.deepEqual(
        { ...counts, bytes: 0 },
        { received: 0, stored: 0, quarantined: 0, rejected: 0, events: 0, bytes: 0 },
      );
    }
  });

  it('streams a line of 200 MB away, and goes on', async () => {
    const block = Buffer.alloc(1024 * 1024, 0x61);
    function* input() {
      yield Buffer.from('{"n":1}\n{"s":"');
      for (let n = 0; n < 200; n += 1) yield block;
      yield Buffer.from('"}\n{"n":2}\n');
    }
    let sunk = 0;
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        sunk += chunk.length;
        setImmediate(done);
      },
    });
    const numbers: unknown[] = [];
    const kept: unknown[] = [];
    const before = process.memoryUsage().rss;
    const counts = await processStream(Readable.from(input()), {
      logTypes: [compileLogType(TYPE)],
      unitId: 'u',
      fileName: 'x',
      now: () => new Date(0),
      onEvent: (event) => void numbers.push(event.n),
      onKept: ({ kind, position, line, byteOffset, sizeBytes, objectKey }) =>
        void kept.push({ kind, position, line, byteOffset, sizeBytes, objectKey }),
      onOversize: (byteOffset) => ({ objectKey: `raw/${byteOffset}`, sink }),
    });
    if (!sink.writableFinished) await once(sink, 'finish');
    const sizeBytes = 200 * 1024 * 1024 + 8;
    assert.deepEqual(numbers, [1, 2]);
    assert.deepEqual(kept, [{ kind: 'rejected', position: 1, line: 2, byteOffset: 8, sizeBytes, objectKey: 'raw/8' }]);
    assert.equal(sunk, sizeBytes);
    assert.equal(counts.received, 3);
    assert.ok(process.memoryUsage().rss - before < 150 * 1024 * 1024);
  });

  it('keeps a line that is not UTF-8 as its bytes, and reads the others', async () => {
    const bad = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
    const { events, kept } = await run([
      Buffer.concat([Buffer.from('{"n":1,"s":"é"}\n'), bad, Buffer.from('\n{"n":2}\n')]),
    ]);
    assert.deepEqual(
      events.map((event) => event.n),
      [1, 2],
    );
    assert.deepEqual(
      kept.map(({ reason, line, byteOffset }) => ({ reason, line, byteOffset })),
      [{ reason: 'not valid UTF-8', line: 2, byteOffset: 17 }],
    );
    assert.deepEqual(Buffer.from(kept[0]?.raw ?? []), bad);
  });

  it('takes NUL bytes in text, and refuses them raw in JSON', async () => {
    const { events, kept } = await run(['{"s":"a\\u0000b"}\n{"s":"a\0b"}\n\0\0\0\n']);
    assert.deepEqual(
      events.map((event) => event.s),
      ['a\0b'],
    );
    assert.equal(kept.length, 2);
  });

  it('refuses deep nesting', async () => {
    const deep = (levels: number) => `{"j":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const { events, kept } = await run([`${deep(500)}\n${deep(600)}\n${deep(200_000)}\n{"n":1}\n`]);
    assert.equal(events.length, 2);
    for (const record of kept) assert.match(record.reason, /512 levels/);
  });

  it('keeps integers beyond 2^53 exact, refuses numbers beyond a double', async () => {
    const { events, kept } = await run([
      '{"n":9223372036854775807}\n{"n":"9223372036854775807"}\n{"j":{"x":-12345678901234567890123}}\n{"j":1e30}\n{"f":1e400}\n{"j":[1e400]}\n{"n":9223372036854775808}\n',
    ]);
    const written = events.map((event) => stringifyEvent({ n: event.n, j: event.j }));
    assert.deepEqual(written, [
      '{"n":9223372036854775807}',
      '{"n":9223372036854775807}',
      '{"j":{"x":-12345678901234567890123}}',
      '{"j":1e+30}',
    ]);
    assert.equal(kept.length, 3);
  });

  it('takes the last of duplicate keys', async () => {
    const { events } = await run(['{"n":1,"n":2}\n']);
    assert.deepEqual(
      events.map((event) => event.n),
      [2],
    );
  });

  it('takes names of inherited properties for data', async () => {
    const type = loadSchema(
      'schema: Custom.Names\nfields:\n  - {name: constructor, type: string}\n  - {name: a, type: int}\n',
      'n.yml',
    );
    const { events } = await processChunks(['{"a":1,"__proto__":{"constructor":"x"}}\n{"constructor":"y"}\n'], [type]);
    assert.deepEqual(
      events.map((event) => Object.hasOwn(event, 'constructor') && event.constructor),
      [false, 'y'],
    );
  });

  it('answers hostile text to a regular expression in good time', async () => {
    const type = loadSchema(
      "schema: Custom.Regex\nparser:\n  regex:\n    match: '^(?<a>(?:x+)+)$'\nfields:\n  - {name: a, type: string}\n",
      'r.yml',
    );
    const { kept } = await processChunks([`${'x'.repeat(50_000)}!\n`], [type]);
    assert.equal(kept.length, 1);
  });

  it('stops when told to', async () => {
    const gzip = createGzip();
    gzip.write(TEXT);
    await assert.rejects(
      processStream(gzip, {
        logTypes: [compileLogType(TYPE)],
        unitId: 'u',
        fileName: 'x',
        now: () => new Date(0),
        signal: AbortSignal.abort(new Error('stop')),
        onEvent() {},
        onKept() {},
      }),
      /stop/,
    );
  });

  it('passes a failure of the input on', async () => {
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from('{"n":1}\n');
        throw new Error('connection reset');
      })(),
    );
    const options = { unitId: 'u', fileName: 'x', now: () => new Date(0), onEvent() {}, onKept() {} };
    await assert.rejects(processStream(failing, { ...options, logTypes: [compileLogType(TYPE)] }), /connection reset/);
  });
});
