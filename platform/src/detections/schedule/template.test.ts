import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLakeSql } from './query-text.ts';
import { expandTemplate } from './template.ts';

const LIBRARY = `-- pragma: template
{% macro newest(table, field, span) export %}
select distinct {{ field }} from {{ table }} where p_occurs_since({{ span }})
{%- endmacro %}
{# not for others #}
{% macro twice(word) %}{{ both(word, word) }}{% endmacro %}
{% macro both(a, b) %}{{ a }}-{{ b }}{% endmacro %}
{% macro forever(x) %}{{ forever(x) }}{% endmacro %}
`;
const find = (name: string) => (name === 'library' ? LIBRARY : undefined);
const expand = (text: string) => expandTemplate(text, find).trim();

test('macros of another query are imported and called with texts', () => {
  const text = `-- pragma: template\n{% import 'library' newest, twice %}{% set hours = 6 %}\n{{ newest('logs', "it's", '%}') }} {{twice(hours)}}`;
  assert.equal(expand(text), "select distinct it's from logs where p_occurs_since(%})\n 6-6");
});

test('a template becomes SQL with its macros of times expanded', () => {
  const text = `{% import 'library' newest %}\n{{ newest('panther_logs.public.nginx_access', 'status', '1h') }}`;
  const sql = toLakeSql(text, new Date('2026-01-02T12:00:00Z'), find);
  assert.match(
    sql,
    /^\s*select distinct status from panther_logs\.nginx_access where \(p_event_time >= TIMESTAMP '2026-01-02 11:00/,
  );
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['{{ nothing }}', /no value for nothing/],
  ['{{ nothing(1) }}', /no macro nothing/],
  ["{% import 'other' x %}", /imports "other", and there is no query of that name/],
  ["{% import 'library' other %}", /"library" has no macro other/],
  ["{% import 'library' newest %}{{ newest('a') }}", /takes 3 arguments, not 1/],
  ["{% import 'library' twice %}{{ twice(a.b) }}", /calls a macro with "a\.b"/],
  ["{% import 'library' forever %}{{ forever('x') }}", /call each other without end/],
  ['{% for x in y %}{% endfor %}', /has \{% for x in y %\}: macro, import and set are known/],
  ['{{ x.__class__ }}', /has \{\{ x\.__class__ \}\}/],
  ['{% macro x() %}', /no \{% endmacro %\}/],
  [
    `{% macro a(x) %}{{ x }}{{ x }}{% endmacro %}{% set b = 'x' %}${'{% set b = a(b) %}'.repeat(20)}{{ b }}`,
    /more than 200000 characters/,
  ],
];
for (const [text, message] of wrong) {
  test(`refused: ${text.slice(0, 60)}`, () => {
    assert.throws(() => expand(text), { name: 'UserError', message });
  });
}
