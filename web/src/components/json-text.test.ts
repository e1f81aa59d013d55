import { expect, test } from 'vitest';
import { unpackedJson, withoutNulls } from './json-text.ts';

test('text of JSON is unpacked; other text stays', () => {
  expect(unpackedJson(' {"a": [1]}')).toEqual({ a: [1] });
  expect(unpackedJson('{broken')).toBe('{broken');
  expect(unpackedJson('12')).toBe('12');
});

test('nulls are left out of objects at every depth, not out of lists', () => {
  expect(withoutNulls({ a: null, b: { c: null, d: 0 }, e: [null, 1] })).toEqual({ b: { d: 0 }, e: [null, 1] });
});
