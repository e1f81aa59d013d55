import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable } from './table.ts';

const column = (name: string, type = 'VARCHAR') => ({ name, type });
const widths = (text: string) =>
  new Set(
    text
      .trimEnd()
      .split('\n')
      .map((line) => [...line].length),
  );

test('cuts the widest columns to the width of the terminal', () => {
  const text = renderTable(
    [column('id', 'INTEGER'), column('long'), column('mid')],
    [[1, 'x'.repeat(100), 'y'.repeat(20)]],
    40,
  );
  const [width, ...others] = widths(text);
  assert.ok(width !== undefined && width <= 40 && width >= 36 && others.length === 0);
  assert.match(text, /│ x+… │ y+… *│/);
});

test('leaves out columns in the middle when there is no room for all', () => {
  const columns = Array.from({ length: 30 }, (_, i) => column(`c${i}`, 'INTEGER'));
  const text = renderTable(columns, [columns.map((_, i) => i)], 60);
  assert.ok(Math.max(...widths(text)) <= 60);
  assert.match(text, /c0 .*… .*c29/);
});

test('text from logs does not steer the terminal', () => {
  const text = renderTable([column('a')], [['\u001b[31mred\u001b[0m\u0007\r\nline\u202e\u2028 \u009b31m']]);
  assert.match(text, /red\\u0007\\r\\nline\\u202e\\u2028/);
  assert.ok(![...text].some((character) => character !== '\n' && /[\p{Cc}\u202e\u2028]/u.test(character)));
});

test('wide characters take two columns; NULL and nested values are written as such', () => {
  const text = renderTable(
    [column('a'), column('b')],
    [
      ['日本', null],
      ['ab', { k: [1] }],
    ],
  );
  assert.match(text, /│ 日本 {4}│ NULL/);
  assert.match(text, /│ ab {6}│ \{"k":\[1\]\} │/);
});

test('types are short', () => {
  const text = renderTable([column('s', 'STRUCT(a VARCHAR, b INTEGER)[]'), column('d', 'DECIMAL(3,1)')], [[[], 1.5]]);
  assert.match(text, /│ struct\[\] │ decimal │/);
});
