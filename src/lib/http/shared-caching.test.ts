import { expect, test } from 'vitest';
import { FieldLines } from './field-lines.ts';
import { sharedFreshness } from './shared-caching.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const date = (offsetS: number): string => new Date(NOW + offsetS * 1000).toUTCString();

/** Seconds that an answer stays fresh from now on; 0 when it must not be kept. */
function freshS(...flat: string[]): number {
  const found = sharedFreshness(FieldLines.fromFlat(flat), NOW, NOW);
  return found === null ? 0 : (found.lifetimeMs - found.initialAgeMs) / 1000;
}

const CC = 'Cache-Control';

test.each([
  [60, [CC, 'max-age=60']],
  [60, [CC, 'public, MAX-AGE=60']],
  [0, [CC, 'max-age="60"']],
  [10, [CC, 'max-age=60, s-maxage=10']],
  [60, [CC, 's-maxage=60, max-age=0']],
  [0, [CC, 's-maxage=0, max-age=60']],
  [60, [CC, 'max-age=60', CC, 'public']],
  [60, [CC, 'max-age=60, must-revalidate, stale-while-revalidate=30']],
  [60, [CC, 'max-age=60, ext="a b"']],
  [30, ['Expires', date(30), 'Date', date(0)]],
  [30, ['Expires', date(30)]],
  [60, [CC, 'max-age=60', 'Expires', date(-30)]],
  [40, [CC, 'max-age=60', 'Age', '20']],
  [40, [CC, 'max-age=60', 'Date', date(-20)]],
  [30, [CC, 'max-age=60', 'Date', date(-20), 'Age', '30']],
  [60, [CC, 'max-age=60', 'Date', date(90)]],
  [60, [CC, 'max-age=60', 'Vary', 'Accept-Encoding, Origin']],
  [60, [CC, 'max-age=60', 'Vary', 'X-Anything']],
  // nothing explicit
  [0, []],
  [0, ['Last-Modified', date(-9000)]],
  [0, [CC, 'public']],
  // not shared
  ...['no-store', 'no-cache', 'private', 'private="x"', 'no-cache="set-cookie"', 'must-understand'].flatMap(
    (word): [number, string[]][] => [
      [0, [CC, `max-age=60, ${word}`]],
      [0, [CC, `max-age=60,${word.toUpperCase()}`]],
      [0, [CC, 'max-age=60', CC, word]],
    ],
  ),
  [0, [CC, 'max-age=60', 'Set-Cookie', 'a=b']],
  [0, [CC, 'max-age=60', 'WWW-Authenticate', 'Basic']],
  [0, [CC, 'max-age=60', 'Content-Range', 'bytes 0-1/2']],
  [0, [CC, 'max-age=60', 'Pragma', 'no-cache']],
  [0, [CC, 'max-age=60', 'CDN-Cache-Control', 'no-store']],
  // unclear
  [0, [CC, 'max-age=60, max-age=10']],
  [0, [CC, 'max-age=60, s-maxage']],
  [0, [CC, 'max-age=-60']],
  [0, [CC, 'max-age=60.5']],
  [0, [CC, 'max-age=6e3']],
  [0, [CC, 'max-age=60; private']],
  [0, [CC, 'max-age = 60']],
  [0, [CC, 'max-age=60, ext="a, private"']],
  [0, [CC, 'max-age=99999999999']],
  [0, [CC, 'max-age=60', 'Age', 'old']],
  [0, [CC, 'max-age=60', 'Age', '1', 'Age', '2']],
  [0, [CC, 'max-age=60', 'Age', '60']],
  [0, [CC, 'max-age=60', 'Date', 'yesterday']],
  [0, ['Expires', '0']],
  [0, ['Expires', date(30), 'Expires', date(60)]],
  [0, ['Expires', date(-1)]],
  // what no key knows
  ...['*', 'X-Forwarded-For', 'x-real-ip', 'X-Request-Id', 'Via', 'Cookie', 'Accept, *', 'Authorization'].map(
    (vary): [number, string[]] => [0, [CC, 'max-age=60', 'Vary', vary]],
  ),
  [0, [CC, 'max-age=60', 'Vary', 'Accept', 'Vary', '*']],
] as [number, string[]][])('%i s: %j', (seconds, flat) => {
  expect(freshS(...flat)).toBe(seconds);
});

test('the time that the answer took counts as age', () => {
  const lines = FieldLines.fromFlat([CC, 'max-age=60', 'Age', '10']);
  expect(sharedFreshness(lines, NOW - 5000, NOW)).toEqual({ lifetimeMs: 60_000, initialAgeMs: 15_000 });
});
