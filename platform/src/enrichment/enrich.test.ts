import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { LogEvent } from '../core/event.ts';
import { masked, parseAddress, parseNetwork } from './addresses.ts';
import { compileEnrichment } from './enrich.ts';
import { parseRows } from './rows.ts';
import { loadTable, tableOfRows } from './table.ts';

const bytes = (text: string) => Buffer.from(text);

function event(fields: Record<string, unknown>): LogEvent {
  const at = '2026-01-02 03:00:00.000000000';
  return { p_log_type: 'T', p_row_id: 'r', p_event_time: at, p_parse_time: at, ...fields };
}

function enriched(table: ReturnType<typeof loadTable>, selectors: readonly string[], fields: Record<string, unknown>) {
  const given = event(fields);
  compileEnrichment([{ name: 'L', table, logTypes: [{ logType: 'T', selectors }] }]).get('T')?.(given);
  return given.p_enrichment;
}

test('rows are CSV, a JSON array or JSON lines, gzip or not', () => {
  const rows = [{ id: '1', name: 'a, "b"\nc' }, { id: '2' }];
  assert.deepEqual(parseRows('id,name\r\n1,"a, ""b""\nc"\r\n2,\r\n', 'csv'), rows);
  for (const text of [
    'id,name\n1,"a, ""b""\nc"\n2,',
    JSON.stringify(rows),
    rows.map((row) => JSON.stringify(row)).join('\n'),
  ]) {
    for (const file of [bytes(text), gzipSync(text)]) {
      const table = loadTable({ name: 'rows', bytes: file, primaryKey: 'id' });
      assert.deepEqual(
        [table.kind, table.rowCount, table.find('1'), table.find('3')],
        ['exact', 2, rows[0], undefined],
      );
    }
  }
});

test('what cannot be read is refused, and says what is wrong', () => {
  assert.throws(() => loadTable({ name: 'x.jsonl', bytes: bytes('{"a":1}\n{"a"'), primaryKey: 'a' }), /not JSON/);
  assert.throws(
    () => loadTable({ name: 'x.csv', bytes: bytes('a,b\n1,2'), primaryKey: 'id' }),
    /primary key id; there are a, b/,
  );
  assert.throws(() => loadTable({ name: 'x.csv', bytes: bytes('a\n1,2'), primaryKey: 'a' }), /2 values for 1 columns/);
  assert.throws(() => loadTable({ name: 'x.mmdb', bytes: bytes('nothing'), primaryKey: '' }), /no MaxMind database/);
});

test('property: values of CSV survive', () => {
  const value = fc.string({ minLength: 1 }).filter((text) => !text.includes('\r'));
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1 }), (rows) => {
      const quoted = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
      assert.deepEqual(
        parseRows(['a,b', ...quoted].join('\n'), 'csv'),
        rows.map(([a, b]) => ({ a, b })),
      );
    }),
  );
});

test('addresses are found by the narrowest network', () => {
  const table = tableOfRows(
    [
      { cidr: '10.0.0.0/8', name: 'wide' },
      { cidr: '10.1.0.0/16', name: 'narrow' },
      { cidr: '192.0.2.7', name: 'one' },
      { cidr: '2001:db8::/32', name: 'six' },
    ],
    'cidr',
  );
  const name = (address: string) => table.find(address)?.name;
  assert.equal(table.kind, 'network');
  assert.deepEqual(
    ['10.2.3.4', '10.1.3.4', '192.0.2.7', '192.0.2.8', '2001:db8::1', '2001:db9::1', 'no address'].map(name),
    ['wide', 'narrow', 'one', undefined, 'six', undefined, undefined],
  );
});

test('property: an address is in every network that is made of its first bits', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (text, length) => {
      const width = text.includes(':') ? 128 : 32;
      const prefix = Math.min(length, width);
      const network = parseNetwork(`${text}/${prefix}`);
      assert.ok(network);
      assert.equal(masked(parseAddress(text) as bigint, network.prefix), network.address);
    }),
  );
});

test('rows stand beside the values: by table and selector, with what matched', () => {
  const table = tableOfRows(
    [
      { ip: '192.0.2.1', asn: 1 },
      { ip: '192.0.2.2', asn: 2 },
    ],
    'ip',
  );
  const fields = {
    src: '192.0.2.1',
    a: { b: '192.0.2.2' },
    list: ['192.0.2.9', '192.0.2.1'],
    deep: [{ ip: '192.0.2.2' }],
  };
  assert.deepEqual(enriched(table, ['src', '$.a.b', 'list', '$.deep[*].ip', 'none'], fields), {
    L: {
      src: { ip: '192.0.2.1', asn: 1, p_match: '192.0.2.1' },
      'a.b': { ip: '192.0.2.2', asn: 2, p_match: '192.0.2.2' },
      list: [{ ip: '192.0.2.1', asn: 1, p_match: '192.0.2.1' }],
      'deep.ip': [{ ip: '192.0.2.2', asn: 2, p_match: '192.0.2.2' }],
    },
  });
  assert.equal(enriched(table, ['src'], { src: '192.0.2.9' }), undefined);
});

test('a log type without a table has no step at all', () => {
  const table = tableOfRows([{ id: '1' }], 'id');
  assert.deepEqual([...compileEnrichment([{ name: 'L', table, logTypes: [{ logType: 'T', selectors: [] }] }])], []);
});
