import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDate, formatTime, parseRfc3339, toEpochMs } from './time.ts';

describe('parseRfc3339', () => {
  for (const [text, expected] of [
    ['2018-08-26T14:17:23Z', '2018-08-26 14:17:23.000000000'],
    ['2018-08-26t14:17:23.5z', '2018-08-26 14:17:23.500000000'],
    ['2018-08-26 14:17:23.123456789123Z', '2018-08-26 14:17:23.123456789'],
    ['2018-08-26T14:17:23.1+02:00', '2018-08-26 12:17:23.100000000'],
    ['2018-12-31T23:30:00-01:00', '2019-01-01 00:30:00.000000000'],
    ['2016-12-31T23:59:60Z', '2017-01-01 00:00:00.000000000'],
    ['2020-02-29T00:00:00Z', '2020-02-29 00:00:00.000000000'],
    ['2019-02-29T00:00:00Z', undefined],
    ['2018-13-01T00:00:00Z', undefined],
    ['2018-08-26T24:00:00Z', undefined],
    ['2018-08-26T14:17:23', undefined],
    ['2018-08-26T14:17:23.Z', undefined],
    ['2018-08-26T14:17:23Zx', undefined],
    ['2018-08-26T14:17:23+0200', undefined],
    ['2018/08/26T14:17:23Z', undefined],
    ['0000-01-01T00:00:00+01:00', undefined],
    ['', undefined],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(parseRfc3339(text), expected));
  }

  it('agrees with Date on every time of four-digit years', () => {
    const date = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (time) => {
        const text = formatDate(time);
        assert.equal(`${text.slice(0, 10)}T${text.slice(11, 23)}Z`, time.toISOString());
        assert.equal(toEpochMs(text), time.getTime());
        assert.equal(parseRfc3339(time.toISOString()), text);
      }),
    );
  });
});

describe('formatTime', () => {
  it('writes nanoseconds', () => assert.equal(formatTime(0, 7), '1970-01-01 00:00:00.000000007'));
  it('knows no years outside 0000 to 9999', () => {
    assert.equal(formatTime(253_402_300_800, 0), undefined);
    assert.equal(formatTime(-62_167_219_201, 0), undefined);
    assert.equal(formatTime(Number.NaN, 0), undefined);
  });
});
