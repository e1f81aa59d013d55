import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromGoFlags } from './go-flags.ts';

const options = {
  'to.q': { value: 'QUEUE', description: 'a queue' },
  limit: { value: 'N', aliases: ['n'], kind: 'integer', description: 'how many' },
  'dry-run': { description: 'change nothing' },
  debug: { aliases: ['verbose'], description: 'tell more' },
} as const;

const cases: readonly (readonly [argv: string[], expected: string[]])[] = [
  [['-to.q', 'a'], ['--to.q=a']],
  [
    ['--to.q', 'a', '-limit', '3'],
    ['--to.q=a', '--limit=3'],
  ],
  [['-to.q=a=b'], ['--to.q=a=b']],
  [['-to.q', '-odd-name'], ['--to.q=-odd-name']],
  [
    ['-to.q', '-limit', '3'],
    ['--to.q', '--limit=3'],
  ],
  [
    ['-n', '3', '-verbose'],
    ['--limit=3', '--debug'],
  ],
  [
    ['-dry-run', 'file', '-debug=true'],
    ['--dry-run', 'file', '--debug'],
  ],
  [['-dry-run', '-dry-run=false'], []],
  [['-dry-run=0', '-dry-run=1'], ['--dry-run']],
  [['-h'], ['-h']],
  [['-help'], ['--help']],
  [
    ['-unknown', 'x'],
    ['--unknown', 'x'],
  ],
  [['-unknown=x'], ['--unknown=x']],
  [
    ['-', '--', '-limit'],
    ['-', '--', '-limit'],
  ],
  [
    ['-constructor', '1'],
    ['--constructor', '1'],
  ],
];

for (const [argv, expected] of cases) {
  test(`reads ${argv.join(' ')}`, () => assert.deepEqual(fromGoFlags(argv, options), expected));
}

test('refuses a switch that is neither true nor false', () => {
  assert.throws(() => fromGoFlags(['-dry-run=maybe'], options), /--dry-run must be true or false, not "maybe"/);
});

test('leaves a switch on that is on by itself', () => {
  const withDefault = { ...options, interactive: { description: 'ask' } };
  assert.deepEqual(fromGoFlags(['-limit=1'], withDefault, ['interactive']), ['--interactive', '--limit=1']);
  assert.deepEqual(fromGoFlags(['-interactive=false'], withDefault, ['interactive']), []);
});
