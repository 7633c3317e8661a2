import { describe, expect, test } from 'vitest';
import { attackText, minutesOf } from './attack.ts';

describe('a time', () => {
  test.each([
    ['30', 30],
    ['30m', 30],
    ['2h', 120],
    ['24h', 1440],
  ])('%s', (text, minutes) => expect(minutesOf(text)).toBe(minutes));

  test.each(['', '0', '0m', '25h', '1441', '-5', '1.5h', '30s', 'm', '1h30m', ' 5'])('not %j', (text) => {
    expect(() => minutesOf(text)).toThrow('--for must be a time from 1m to 24h, such as 30m or 2h.');
  });
});

const OFF = {
  isOn: false,
  cause: null,
  startedAt: null,
  until: null,
  wouldBeOn: false,
  requestsPerS: 12,
  normalPerS: null,
  thresholdPerS: null,
  strangersPerS: null,
  refused: 0,
};
const AT = '2026-11-26T15:00:00.000Z';

test.each([
  [OFF, 'Attack mode is off. Strangers send 12 requests per second.'],
  [
    { ...OFF, wouldBeOn: true, normalPerS: 2, thresholdPerS: 10 },
    'Attack mode is off, and would be on were it not for `observe`. Strangers send 12 requests per second, 2 are usual, more than 10 are an attack.',
  ],
  [
    { ...OFF, isOn: true, cause: 'command' as const, startedAt: AT, until: AT },
    `Attack mode is on until ${AT}. Strangers send 12 requests per second.`,
  ],
  [
    {
      ...OFF,
      isOn: true,
      cause: 'threshold' as const,
      startedAt: AT,
      until: AT,
      strangersPerS: 5,
      refused: 7,
    },
    `Attack mode is on by itself until ${AT} at the latest. Strangers send 12 requests per second. Strangers share 5 requests per second: 7 were refused.`,
  ],
])('is told in sentences', (attack, text) => expect(attackText(attack)).toBe(text));
