import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { JsonView } from './json-view.tsx';

test('text from logs stays text', () => {
  render(<JsonView value={{ note: '<img src=x onerror=alert(1)>', html: '<b>bold</b>' }} />);
  expect(screen.getByText('<img src=x onerror=alert(1)>')).toBeInTheDocument();
  expect(document.querySelector('img, b')).toBeNull();
});

test('branches open and close; scalars of every kind are shown', async () => {
  const user = userEvent.setup();
  render(<JsonView depth={0} value={{ nested: { on: true, off: null, n: 0 }, empty: '', list: [] }} />);
  expect(screen.queryByText('true')).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: /nested/ }));
  expect(screen.getByText('true')).toBeInTheDocument();
  expect(screen.getByText('null')).toBeInTheDocument();
  expect(screen.getByText('0')).toBeInTheDocument();
  expect(screen.getByText('""')).toBeInTheDocument();
  expect(screen.getByText('[]')).toBeInTheDocument();
});

test('a value is acted upon with its path', () => {
  const paths: string[] = [];
  const act = (_: unknown, path: string) => {
    paths.push(path);
    return null;
  };
  render(<JsonView depth={5} value={{ a: { b: ['x', 'y'] }, c: 1 }} act={act} />);
  expect(paths).toEqual(['a.b[0]', 'a.b[1]', 'c']);
});

test('a long list is shown bit by bit', async () => {
  const user = userEvent.setup();
  render(<JsonView depth={2} value={{ list: Array.from({ length: 250 }, (_, index) => `item-${index}`) }} />);
  expect(screen.queryByText('item-100')).not.toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: '150 more' }));
  expect(screen.getByText('item-199')).toBeInTheDocument();
});
