import { expect, test } from 'vitest';
import { humanName } from './names.ts';

test.each([
  ['signingSecret', 'Signing secret'],
  ['hmacHeader', 'HMAC header'],
  ['maxBodyMb', 'Max body MB'],
  ['api', 'API'],
  ['log processor', 'Log processor'],
  ['idle', 'Idle'],
])('%s reads %s', (name, text) => {
  expect(humanName(name)).toBe(text);
});
