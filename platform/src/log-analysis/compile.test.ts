/** What the additions to the schema language do, by small schemas. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringifyEvent } from './json-values.ts';
import { loadSchema } from './schema.ts';
import { processChunks } from './test-support.ts';

async function eventsOf(schema: string, input: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { events } = await processChunks([input], [loadSchema(`schema: Custom.Test\n${schema}`, 't.yml')]);
  return events.map((event) =>
    Object.fromEntries(
      Object.entries(event).filter(([name]) => !/^p_(log_type|row_id|parse_time|event_time)$/.test(name)),
    ),
  );
}

async function reasonOf(schema: string, input: string): Promise<string> {
  const { kept } = await processChunks([input], [loadSchema(`schema: Custom.Test\n${schema}`, 't.yml')]);
  return kept
    .map((record) => record.reason)
    .join('|')
    .replace('no log type accepts it: Custom.Test: ', '');
}

describe('fields', () => {
  it('are in declared order, absent when null, absent or an empty list', async () => {
    const schema =
      'fields:\n  - {name: b, type: string}\n  - {name: a, type: array, element: {type: int}}\n  - {name: j, type: json}\n  - {name: k, type: json, keepNull: false}\n  - {name: o, type: object, fields: [{name: x, type: string}]}';
    const [event] = await eventsOf(schema, '{"o":{},"k":null,"j":null,"a":[],"b":"","z":1}');
    assert.equal(JSON.stringify(event), '{"b":"","j":null,"o":{}}');
  });

  it('can be renamed, copied, split, trimmed and read from JSON in a string', async () => {
    const schema = `fields:
  - {name: a, type: string, rename: {from: x.y}}
  - {name: b, type: string, copy: {from: [deep, er]}}
  - {name: all, type: json, copy: {from: []}}
  - {name: l, type: array, separator: ',', element: {type: string, trimSuffix: '.', indicators: [domain]}}
  - {name: e, type: object, isEmbeddedJSON: true, fields: [{name: n, type: int}]}
`;
    const input = '{"x.y":"1","deep":{"er":"2"},"l":"a.example., b.example","e":"{\\"n\\":3}"}';
    assert.deepEqual(await eventsOf(schema, input), [
      {
        a: '1',
        b: '2',
        all: JSON.parse(input),
        l: ['a.example', 'b.example'],
        e: { n: 3 },
        p_any_domain_names: ['a.example', 'b.example'],
      },
    ]);
  });

  it('take numbers and booleans as text, empty text as nothing', async () => {
    const schema =
      'fields:\n  - {name: i, type: int}\n  - {name: f, type: float}\n  - {name: b, type: boolean}\n  - {name: t, type: timestamp}';
    assert.deepEqual(await eventsOf(schema, '{"i":"017","f":"-.5e1","b":"T"}\n{"i":"","f":"","b":"","t":""}'), [
      { i: 17, f: -5, b: true },
      {},
    ]);
    for (const [value, reason] of [
      ['{"i":1.5}', 'i: not an integer'],
      ['{"i":3000000000}', 'i: an integer beyond 2147483647'],
      ['{"i":"x"}', 'i: not an integer'],
      ['{"i":[1]}', 'i: not an integer but an array'],
      ['{"f":"0x10"}', 'f: not a number'],
      ['{"b":"maybe"}', 'b is not a boolean'],
      ['{"t":"yesterday"}', 't is not a time of the format rfc3339'],
    ] as const) {
      assert.equal(await reasonOf(schema, value), reason);
    }
  });

  it('can be validated', async () => {
    const schema =
      'fields:\n  - {name: p, type: int, validate: {min: 0, max: 65535}}\n  - {name: s, type: string, validate: {deny: [x], pattern: "^a"}}';
    assert.equal(await reasonOf(schema, '{"p":70000}'), 'p is over 65535');
    assert.equal(await reasonOf(schema, '{"s":"x"}'), 's has a value of another type');
    assert.equal(await reasonOf(schema, '{"s":"b"}'), 's does not match ^a');
  });
});

describe('records', () => {
  it('must meet the checks', async () => {
    const schema = `check:
  - any: [{field: a, exists: true}, {field: [b, c], startsWith: x}]
  - not: {field: kind, in: [other]}
fields:
  - {name: a, type: string}`;
    assert.equal(
      (await eventsOf(schema, '{"a":"1"}\n{"b":{"c":"xy"}}\n{"b":{"c":"y"}}\n{"a":"1","kind":"other"}\n{}')).length,
      2,
    );
  });

  it('take the event time that comes first in the order of precedence', async () => {
    const schema =
      'eventTime: [b, a]\nfields:\n  - {name: a, type: timestamp}\n  - {name: b, type: timestamp, timeFormat: unix}';
    const type = loadSchema(`schema: Custom.Test\n${schema}`, 't.yml');
    const { events } = await processChunks(
      ['{"a":"2020-01-01T00:00:00Z","b":1600000000}\n{"a":"2020-01-01T00:00:00Z"}\n{}\n'],
      [type],
    );
    assert.deepEqual(
      events.map((event) => event.p_event_time),
      ['2020-09-13 12:26:40.000000000', '2020-01-01 00:00:00.000000000', '2026-01-15 00:00:00.000000000'],
    );
  });

  it('give indicators where a condition holds, and by key of free-form values', async () => {
    const schema = `fields:
  - {name: v, type: string, indicators: [{type: ip, when: {field: k, equals: A}}]}
  - {name: k, type: string}
  - {name: c, type: json, indicators: [{type: ip, keys: [src, dst]}]}`;
    assert.deepEqual(
      await eventsOf(
        schema,
        '{"v":"192.0.2.1","k":"A","c":{"src":"192.0.2.2","x":"192.0.2.3"}}\n{"v":"192.0.2.1","k":"B"}',
      ),
      [
        {
          v: '192.0.2.1',
          k: 'A',
          c: { src: '192.0.2.2', x: '192.0.2.3' },
          p_any_ip_addresses: ['192.0.2.1', '192.0.2.2'],
        },
        { v: '192.0.2.1', k: 'B' },
      ],
    );
  });

  it('give every indicator once, sorted, however many there are', async () => {
    const schema = 'fields:\n  - {name: l, type: array, element: {type: string, indicators: [username]}}';
    const names = Array.from({ length: 60 }, (_, n) => `user${(n * 37) % 50}`);
    const [event] = await eventsOf(schema, JSON.stringify({ l: [...names, ' user1 ', ' '] }));
    assert.deepEqual(event?.p_any_usernames, [...new Set(names)].sort());
  });

  it('keep free-form JSON as JSON.parse reads it', async () => {
    const schema = 'fields:\n  - {name: j, type: json}';
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 5 }), async (json) => {
        const [event] = await eventsOf(schema, `{"j":${json}}`);
        assert.equal(stringifyEvent({ j: event?.j }), `{"j":${JSON.stringify(JSON.parse(json))}}`);
      }),
      { numRuns: 200 },
    );
  });
});

describe('AWS JSON', () => {
  it('gives what keys and values name', async () => {
    const schema = 'fields:\n  - {name: j, type: json, indicators: [aws]}';
    const j = {
      role: 'arn:aws:iam::111122223333:role/app',
      list: ['arn:aws:ec2:us-east-1:444455556666:instance/i-0abc', 'arn:aws:s3:::bucket'],
      sourceInstanceId: 'i-0def',
      ownerAccountId: '777788889999',
      shortAccountId: '12',
      tags: [{ key: 'a', value: 'b' }, { key: 'c' }, 'd'],
      networkInterfaces: [{ ipv6Addresses: ['2001:db8::1'], publicIp: '192.0.2.1', publicDnsName: '' }],
      sourceIPAddress: 'ec2.amazonaws.com',
      domain: 'xn--mnchen-3ya.example',
      text: '192.0.2.9',
    };
    const [event] = await eventsOf(schema, JSON.stringify({ j }));
    assert.deepEqual(
      { ...event, j: undefined },
      {
        j: undefined,
        p_any_ip_addresses: ['192.0.2.1', '2001:db8::1'],
        p_any_domain_names: ['ec2.amazonaws.com', 'münchen.example'],
        p_any_aws_account_ids: ['111122223333', '444455556666', '777788889999'],
        p_any_aws_instance_ids: ['i-0abc', 'i-0def'],
        p_any_aws_arns: [
          'arn:aws:ec2:us-east-1:444455556666:instance/i-0abc',
          'arn:aws:iam::111122223333:role/app',
          'arn:aws:s3:::bucket',
        ],
        p_any_aws_tags: ['a:b'],
      },
    );
  });
});

describe('text parsers', () => {
  it('csv: header, quotes, missing and greedy columns', async () => {
    const fields = 'fields:\n  - {name: a, type: string}\n  - {name: b, type: string}\n  - {name: c, type: string}';
    assert.deepEqual(await eventsOf(`parser: {csv: {hasHeader: true}}\n${fields}`, 'c,a\n"x ""y"", z",1\n2'), [
      { a: '1', c: 'x "y", z' },
      { a: '', c: '2' },
    ]);
    const greedy = `parser: {csv: {columns: [a, {name: b, greedy: true}, c], emptyValues: ['-']}}\n${fields}`;
    assert.deepEqual(await eventsOf(greedy, '1,2,3\n1,2,x,y,3\n-,,-'), [
      { a: '1', b: '2', c: '3' },
      { a: '1', b: '2,x,y', c: '3' },
      { b: '' },
    ]);
    assert.equal(await reasonOf(`parser: {csv: {columns: [a, b]}}\n${fields}`, '1,2,3'), '3 columns instead of 2');
  });

  it('fastmatch: literals, quotes, rest, several patterns', async () => {
    const schema = `parser:
  fastmatch:
    match: ['%{a} "%{b}" %{}: %{c}', '<%{a}>']
    skipPrefix: '#'
fields:
  - {name: a, type: string}
  - {name: b, type: string}
  - {name: c, type: string}`;
    assert.deepEqual(await eventsOf(schema, '# comment\nx "say \\"hi\\"" skip: the rest: of it\n<y>'), [
      { a: 'x', b: 'say "hi"', c: 'the rest: of it' },
      { a: 'y' },
    ]);
    assert.equal(await reasonOf(schema, 'nothing like it'), 'no pattern matches');
  });

  it('regex: named patterns, expansions, continuation lines', async () => {
    const schema = `parser:
  regex:
    match: ['^%{IPORHOST:a} %{HTTPDATE:t} ', '%{QS:b} %{LEVEL:c}$']
    patternDefinitions: {LEVEL: '(?:info|warn)'}
    expandFields: {d: '%{a}/%{c}'}
    hasContinuationLines: true
fields:
  - {name: a, type: string}
  - {name: b, type: string}
  - {name: c, type: string}
  - {name: d, type: string}`;
    assert.deepEqual(await eventsOf(schema, '192.0.2.1 10/Oct/2000:13:55:36 -0700 "q" warn\n  more of it'), [
      { a: '192.0.2.1', b: '"q"', c: 'warn', d: '192.0.2.1/warn' },
    ]);
    assert.equal(await reasonOf(schema, 'more of it'), 'the pattern does not match');
  });

  it('values inside a value are taken out', async () => {
    const schema = `extract:
  - {from: client, pattern: '^(?<ip>.+):(?<port>\\d+)$', required: true}
fields:
  - {name: ip, type: string}
  - {name: port, type: int}`;
    assert.deepEqual(await eventsOf(schema, '{"client":"2001:db8::1:443"}\n{}'), [
      { ip: '2001:db8::1', port: 443 },
      {},
    ]);
    assert.match(await reasonOf(schema, '{"client":"x"}'), /client does not have the form/);
  });
});

describe('text', () => {
  it('may be a number in JSON, kept by its digits', async () => {
    const schema = 'fields:\n  - {name: s, type: string}\n  - {name: l, type: array, element: {type: string}}';
    assert.deepEqual(await eventsOf(schema, '{"s":12345678901234567890,"l":[1.5,"x",7]}'), [
      { s: '12345678901234567890', l: ['1.5', 'x', '7'] },
    ]);
    assert.equal(await reasonOf(schema, '{"s":true}'), 's is not text but a boolean');
  });
});
