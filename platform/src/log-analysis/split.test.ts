import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSplitter, type Framing } from './split.ts';

interface Found {
  readonly records: readonly string[];
  readonly offsets: readonly number[];
  readonly damaged: readonly string[];
  readonly oversize: readonly string[];
}

function split(
  chunks: readonly Buffer[],
  options: { framing?: Framing; fileName?: string; maxRecordBytes?: number } = {},
): Found {
  const found = { records: [] as string[], offsets: [] as number[], damaged: [] as string[], oversize: [] as string[] };
  const splitter = createSplitter(
    {
      record(text, byteOffset) {
        found.records.push(text);
        found.offsets.push(byteOffset);
      },
      damaged: (bytes, _offset, _line, reason) => void found.damaged.push(`${reason}: ${bytes.toString('latin1')}`),
      oversize() {
        const parts: Buffer[] = [];
        return {
          write(bytes) {
            parts.push(bytes);
          },
          end: () => void found.oversize.push(Buffer.concat(parts).toString('utf8')),
        };
      },
    },
    {
      fileName: options.fileName ?? 'x',
      maxRecordBytes: options.maxRecordBytes ?? 1_000_000,
      framing: options.framing,
    },
  );
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return found;
}

/** The same bytes cut at any places. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, index) => bytes.subarray(at[index - 1] ?? 0, end));
}

const places = fc.array(fc.nat(), { maxLength: 12 });
const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((text) => text.replace(/[\r\n{[]/g, 'x'));

describe('lines', () => {
  it('are those that were joined, wherever chunks end', () => {
    fc.assert(
      fc.property(fc.array(line), places, fc.boolean(), (lines, at, hasLastNewline) => {
        const bytes = Buffer.from(lines.join('\n') + (hasLastNewline ? '\n' : ''));
        const { records, offsets } = split(cut(bytes, at), { framing: 'lines' });
        assert.deepEqual(records, lines);
        for (const [index, offset] of offsets.entries()) {
          const size = Buffer.byteLength(lines[index] ?? '');
          assert.equal(bytes.toString('utf8', offset, offset + size), lines[index]);
        }
      }),
    );
  });

  it('over the limit go to the sink, wherever chunks end', () => {
    fc.assert(
      fc.property(fc.array(line), places, (lines, at) => {
        const { records, oversize } = split(cut(Buffer.from(lines.join('\n')), at), {
          framing: 'lines',
          maxRecordBytes: 20,
        });
        assert.deepEqual(
          records,
          lines.filter((text) => Buffer.byteLength(text) <= 20),
        );
        assert.deepEqual(
          oversize,
          lines.filter((text) => Buffer.byteLength(text) > 20),
        );
      }),
    );
  });

  it('may start with a byte order mark', () => {
    const { records, offsets } = split([Buffer.from('\ufeffa\nb')]);
    assert.deepEqual(
      [records, offsets],
      [
        ['a', 'b'],
        [3, 5],
      ],
    );
  });
});

describe('JSON', () => {
  const object = fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
    .filter((value) => !('Records' in value || 'messageType' in value));
  const objects = fc.array(object);

  for (const [name, write] of [
    [
      'documents over several lines',
      (list: readonly object[]) => list.map((one) => JSON.stringify(one, null, 2)).join('\n'),
    ],
    [
      'documents without anything between them',
      (list: readonly object[]) => list.map((one) => JSON.stringify(one)).join(''),
    ],
    ['an array', (list: readonly object[]) => JSON.stringify(list)],
    ['a pretty-printed array', (list: readonly object[]) => JSON.stringify(list, null, 4)],
    ['Records', (list: readonly object[]) => JSON.stringify({ Records: list, other: { a: [1] } })],
    ['pretty-printed Records', (list: readonly object[]) => JSON.stringify({ Records: list }, null, 2)],
  ] as const) {
    it(`reads ${name}, wherever chunks end`, () => {
      fc.assert(
        fc.property(objects, places, (list, at) => {
          const { records, damaged } = split(cut(Buffer.from(write(list)), at), { framing: 'json' });
          assert.deepEqual(
            records.map((text) => JSON.parse(text)),
            JSON.parse(JSON.stringify(list)),
          );
          assert.deepEqual(damaged, []);
        }),
      );
    });
  }

  for (const [name, text, expected] of [
    ['NDJSON', '{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']],
    ['NDJSON whose first line is broken', '{"a":1\n{"a":2}\n', ['{"a":1', '{"a":2}']],
    ['one document on one line', '{"a":1}', ['{"a":1}']],
    ['documents on one line', '{"a":1}{"a":2}', ['{"a":1}', '{"a":2}']],
    ['a pretty-printed document', '{\n  "a": 1\n}\n{\n  "a": 2\n}\n', ['{\n  "a": 1\n}', '{\n  "a": 2\n}']],
    ['an array', ' [{"a":1},\n{"a":2}]', ['{"a":1}', '{"a":2}']],
    ['an empty array', '[]', []],
    ['Records', '{"Records":[{"a":1},{"a":2}]}', ['{"a":1}', '{"a":2}']],
    ['Records line by line', '{"x":0}\n{"Records":[{"a":1},{"a":2}]}\n', ['{"x":0}', '{"a":1}', '{"a":2}']],
    ['text that starts with a bracket', '[mws-audit] hello\n[x] y\n', ['[mws-audit] hello', '[x] y']],
    [
      'a subscription of CloudWatch Logs',
      `${JSON.stringify({
        messageType: 'DATA_MESSAGE',
        logEvents: [
          { id: '1', message: 'one' },
          { id: '2', message: '{"a":2}' },
        ],
      })}${JSON.stringify({ messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'x' }] })}`,
      ['one', '{"a":2}'],
    ],
    [
      'a broken subscription',
      '{"messageType":"DATA_MESSAGE","logEvents":',
      ['{"messageType":"DATA_MESSAGE","logEvents":'],
    ],
  ] as const) {
    it(`finds out that it is ${name}`, () => assert.deepEqual(split([Buffer.from(text)]).records, expected));
  }

  it('gives offsets of elements', () => {
    assert.deepEqual(split([Buffer.from('{"Records":[{"a":1}, {"a":2}]}')]).offsets, [12, 21]);
  });

  it('sends an element over the limit to the sink and goes on', () => {
    const big = `{"s":"${'x'.repeat(100)}"}`;
    const found = split(cut(Buffer.from(`[{"a":1},${big},{"a":2}]`), [30, 60]), { maxRecordBytes: 50 });
    assert.deepEqual(found.records, ['{"a":1}', '{"a":2}']);
    assert.deepEqual(found.oversize, [big]);
  });
});

describe('octet counting', () => {
  it('reads frames with any bytes in them, wherever chunks end', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 })), places, (frames, at) => {
        const bytes = Buffer.from(frames.map((frame) => `${Buffer.byteLength(frame)} ${frame}`).join(''));
        assert.deepEqual(split(cut(bytes, at), { fileName: 'spool/1.octet' }).records, frames);
      }),
    );
  });

  it('keeps what is not framed', () => {
    const options = { framing: 'octet' } as const;
    assert.deepEqual(split([Buffer.from('3 abcxyz')], options), {
      records: ['abc'],
      offsets: [2],
      damaged: ['no frame length where one should be: xyz'],
      oversize: [],
    });
    assert.deepEqual(split([Buffer.from('5 abc')], options).damaged, ['the frame is cut off: abc']);
    assert.deepEqual(split([Buffer.from('3 abc12')], options).damaged, ['the frame is cut off: 12']);
  });
});
