import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arnAccountStart, hostOf, isIpv4, isIpv6, readableDomain, urlHost } from './indicators.ts';

const almostIp = fc
  .array(fc.constantFrom('0', '1', '25', '255', '256', '01', '.', ':', '::', 'f', 'ffff', 'g', '1.2.3.4'), {
    maxLength: 18,
  })
  .map((parts) => parts.join(''));

describe('IP addresses', () => {
  it('are what the runtime takes for them, real and nearly real', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), almostIp), (text) => {
        assert.equal(isIpv4(text), isIP(text) === 4, text);
        assert.equal(isIpv6(text), isIP(text) === 6, text);
      }),
      { numRuns: 2_000 },
    );
  });
  it('have no zone', () => assert.equal(isIpv6('fe80::1%eth0'), false));
});

describe('parts of names', () => {
  it('finds the account of an ARN', () => {
    assert.equal(arnAccountStart('arn:aws:iam::111122223333:user/alice'), 13);
    for (const text of ['arn:aws:iam', 'arn:aws:iam::111122223333', 'urn:a:b:c:d:e', 'arn:']) {
      assert.equal(arnAccountStart(text), -1);
    }
  });

  for (const [url, host] of [
    ['https://user:pw@www.example.com:8443/a?b#c', 'www.example.com'],
    ['http://[2001:db8::1]:80/', '2001:db8::1'],
    ['//example.com', 'example.com'],
    ['http://192.0.2.1?x', '192.0.2.1'],
    ['mailto:a@example.com', undefined],
    ['http://', undefined],
  ] as const) {
    it(`finds the host of ${url}`, () => assert.equal(urlHost(url), host));
  }

  it('splits host and port', () => {
    assert.equal(hostOf('192.0.2.1:22'), '192.0.2.1');
    assert.equal(hostOf('2001:db8::1'), '2001:db8::1');
    assert.equal(hostOf('[2001:db8::1]:22'), '2001:db8::1');
    assert.equal(hostOf(':22'), undefined);
  });

  it('decodes punycode', () => {
    assert.equal(readableDomain('xn--mnchen-3ya.example'), 'münchen.example');
    assert.equal(readableDomain('xn--'), 'xn--');
    assert.equal(readableDomain('www.example.com'), 'www.example.com');
  });
});
