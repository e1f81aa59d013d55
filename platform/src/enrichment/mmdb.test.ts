/** Over a database of one network, written by the format's specification: https://maxmind.github.io/MaxMind-DB/ */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { loadTable } from './table.ts';

type Value = string | number | readonly Value[] | { readonly [key: string]: Value };

/** Type 2 is text, 6 an unsigned number of 32 bits, 7 a map, 11 a list. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 11 - 7]), ...value.map(encode)]);
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, one]) => [encode(key), encode(one)])]);
}

function control(type: number, size: number): Buffer {
  assert.ok(size < 29);
  return Buffer.from([(type << 5) | size]);
}

/** Every address that begins with the bits has the data. */
function database(bits: string, data: Value): Buffer {
  const nodeCount = bits.length;
  const [none, found] = [nodeCount, nodeCount + 16];
  const nodes = [...bits].map((bit, index) => {
    const next = index + 1 === nodeCount ? found : index + 1;
    const records = bit === '0' ? [next, none] : [none, next];
    return Buffer.concat(records.map((record) => Buffer.from([record >> 16, (record >> 8) & 255, record & 255])));
  });
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_767_225_600,
    database_type: 'Example-City',
    description: { en: 'Example' },
    ip_version: 4,
    languages: ['en'],
    node_count: nodeCount,
    record_size: 24,
  };
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([...nodes, Buffer.alloc(16), encode(data), marker, encode(metadata)]);
}

test('an address is found in a MaxMind database', () => {
  const data = { city: { names: { en: 'Exampleville' } }, autonomous_system_number: 64_500 };
  const bytes = database('11000000', data);
  for (const [name, file] of [
    ['City.mmdb', bytes],
    ['City.mmdb.gz', gzipSync(bytes)],
  ] as const) {
    const table = loadTable({ name, bytes: file, primaryKey: 'cidr' });
    assert.deepEqual([table.kind, table.rowCount], ['mmdb', undefined]);
    assert.deepEqual(table.find('192.0.2.1'), data);
    assert.deepEqual(['10.0.0.1', '2001:db8::1', 'no address'].map(table.find), [undefined, undefined, undefined]);
  }
});
