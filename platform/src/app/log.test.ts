import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';

function lines(format: 'text' | 'json', act: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  act(createLog({ level: 'info', format, now: () => new Date(0), write: (line) => written.push(line) }));
  return written;
}

test('secrets are hidden at every depth', () => {
  const [line = ''] = lines('json', (log) => log.warn({ config: { webhookSecret: 'abc', url: 'x' } }, 'refused'));
  assert.deepEqual(JSON.parse(line), {
    at: '1970-01-01T00:00:00.000Z',
    level: 'warn',
    message: 'refused',
    config: { webhookSecret: '[redacted]', url: 'x' },
  });
});

test('a terminal gets one readable line, whatever is in the fields', () => {
  assert.deepEqual(
    lines('text', (log) => {
      log.debug({}, 'not shown');
      log.error({ key: 'a b\nc', n: 3 }, 'failed');
    }),
    ['00:00:00 error failed key="a b\\nc" n=3\n'],
  );
});
