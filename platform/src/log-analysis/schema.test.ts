import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UserError } from '../core/errors.ts';
import { normaliseColumnName } from './column-names.ts';
import { lakeColumns } from './columns.ts';
import { compileLogType } from './compile.ts';
import { loadLogTypes, loadSchema } from './schema.ts';

function textOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.toString();
  }
  return 'nothing was wrong';
}

describe('loadSchema', () => {
  for (const [text, expected] of [
    ['fields: [', /^x\.yml:1: not valid YAML/],
    ['schema: Orders2\nfields:\n  - {name: a, type: strin}', /^x\.yml:3: fields\.0\.type: .*"string"/],
    ['schema: custom.orders\nfields: []', /^x\.yml:1: schema: must be a name such as Custom\.Orders/],
    ['schema: Custom.Orders\nfields: []', /^x\.yml:2: fields/],
    ['schema: Custom.Orders\nfields:\n  - {name: p_x, type: string}', /:3: fields\.0\.name: .*standard fields/],
    [
      'schema: Custom.Orders\nfields:\n  - {name: a.b, type: int}\n  - {name: a_b, type: int}',
      /:4: fields\.1\.name: .*there twice/,
    ],
    ['schema: Custom.Orders\nfields:\n  - {name: a, type: object}', /an object needs fields/],
    ['schema: Custom.Orders\nfields:\n  - {name: a, type: array}', /an array needs an element/],
    ['schema: Custom.Orders\nfields:\n  - {name: a, type: int, indicators: [ip]}', /indicators are for string fields/],
    ['schema: Custom.Orders\nfields:\n  - {name: a, type: string, indicators: [ipp]}', /indicators/],
    [
      'schema: Custom.Orders\nfields:\n  - {name: a, type: timestamp, timeFormat: "%Q"}',
      /timeFormat: .*unknown directive/,
    ],
    ['schema: Custom.Orders\nfields:\n  - {name: a, type: string, isEventTime: true}', /only a timestamp/],
    ['schema: Custom.Orders\nfields:\n  - {name: a, type: ref, target: B}', /not among the definitions/],
    [
      'schema: Custom.Orders\ndefinitions:\n  Bb: {type: object, fields: [{name: b, type: ref, target: Bb}]}\nfields:\n  - {name: a, type: ref, target: Bb}',
      /:3: .*refers to itself/,
    ],
    [
      'schema: Custom.Orders\nparser: {csv: {columns: [a]}, regex: {match: x}}\nfields:\n  - {name: a, type: int}',
      /exactly one parser/,
    ],
    ['schema: Custom.Orders\nparser: {csv: {}}\nfields:\n  - {name: a, type: int}', /columns are needed/],
    ['schema: Custom.Orders\neventTime: [b]\nfields:\n  - {name: a, type: int}', /:2: eventTime\.0: .*not a timestamp/],
    ['schema: Custom.Orders\nunknown: 1\nfields:\n  - {name: a, type: int}', /unknown/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.match(
        textOf(() => loadSchema(text, 'x.yml')),
        expected,
      ));
  }

  it('refuses more than 64 levels', () => {
    const open = '{name: a, type: object, fields: [';
    const text = `schema: Custom.Orders\nfields:\n  - ${open.repeat(70)}{name: b, type: int}${']}'.repeat(70)}`;
    assert.match(
      textOf(() => loadSchema(text, 'x.yml')),
      /64 levels/,
    );
  });

  it('reads JSON', () => {
    const logType = loadSchema('{"schema":"Custom.Orders","fields":[{"name":"a","type":"string"}]}', 'x.json');
    assert.equal(logType.name, 'Custom.Orders');
  });

  it('names the log type when a pattern is wrong', () => {
    for (const match of ['(', '(?=x)y', '%{NOPE:a}']) {
      const text = `schema: Custom.Orders\nparser: {regex: {match: '${match}'}}\nfields:\n  - {name: a, type: int}`;
      assert.match(
        textOf(() => compileLogType(loadSchema(text, 'x.yml'))),
        /^x\.yml: log type Custom\.Orders: /,
      );
    }
  });
});

describe('loadLogTypes', () => {
  it('walks folders, leaves samples out, lets extra types replace', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'panther-types-'));
    try {
      await mkdir(join(folder, 'vendor'));
      const text = (name: string) => `schema: ${name}\nfields:\n  - {name: a, type: string}\n`;
      await writeFile(join(folder, 'vendor/b.yml'), text('Vendor.Bb'));
      await writeFile(join(folder, 'vendor/b.samples.yml'), '[]');
      const extra = loadSchema(text('Custom.Aa'), 'extra.yml');
      assert.deepEqual([...loadLogTypes(folder, [extra]).keys()], ['Custom.Aa', 'Vendor.Bb']);
      await writeFile(join(folder, 'vendor/c.yml'), text('Vendor.Bb'));
      assert.match(
        textOf(() => loadLogTypes(folder)),
        /c\.yml: log type Vendor\.Bb is also in .*b\.yml/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('lakeColumns', () => {
  it('are the declared fields, then the standard ones', () => {
    const logType = loadSchema(
      `schema: Custom.Orders
definitions:
  Item: {type: object, fields: [{name: '@id', type: bigint, description: The item.}]}
fields:
  - {name: id.a, type: string}
  - {name: items, type: array, element: {type: ref, target: Item}}
  - {name: raw, type: json}
`,
      'x.yml',
    );
    const columns = lakeColumns(logType);
    assert.deepEqual(columns.slice(0, 3), [
      { name: 'id_a', type: { kind: 'scalar', type: 'string' } },
      {
        name: 'items',
        type: {
          kind: 'array',
          element: {
            kind: 'struct',
            fields: [{ name: 'at_sign_id', type: { kind: 'scalar', type: 'bigint' }, description: 'The item.' }],
          },
        },
      },
      { name: 'raw', type: { kind: 'scalar', type: 'json' } },
    ]);
    const event = columns.find((column) => column.name === 'p_event_time');
    assert.deepEqual(event?.type, { kind: 'scalar', type: 'timestamp' });
    assert.equal(columns.length, 3 + 6 + 12);
  });

  it('have plain names', () => {
    for (const [name, column] of [
      ['id.orig_h', 'id_orig_h'],
      ['detail-type', 'detail-type'],
      ['@type', 'at_sign_type'],
      ['a@b', 'a_at_sign_b'],
      ['cost$', 'cost_dollar_sign'],
      ['naïve name', 'naive_name'],
    ] as const) {
      assert.equal(normaliseColumnName(name), column);
    }
  });
});
