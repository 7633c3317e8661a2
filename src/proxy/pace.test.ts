import { expect, test } from 'vitest';
import { Pace, type Paced } from './pace.ts';
import type { ClientLimits } from './settings.ts';

const LIMITS = { bodyIdleMs: 10_000, bodyMinBytesPerS: 240 } as ClientLimits;

type Fake = { -readonly [Key in keyof Paced]: Paced[Key] } & { ends: string[] };

function openExchange(more: Partial<Paced>): Fake {
  const ends: string[] = [];
  return {
    slot: -1,
    bytesIn: 0,
    bytesOut: 0,
    isReading: false,
    isLingering: false,
    isBlocked: false,
    pace: new Pace(),
    ends,
    failBody: ({ detail }) => void ends.push(detail),
    abort: () => void ends.push('aborted'),
    ...more,
  };
}

/** Sweeps once a second until the exchange ends; returns the second, or 0 when it goes on for `seconds`. */
function secondsUntilEnd(exchange: Fake, seconds: number, each: (second: number) => void = () => {}): number {
  for (let second = 1; second <= seconds; second++) {
    each(second);
    exchange.pace.sweep(exchange, 1_000, LIMITS);
    if (exchange.ends.length > 0) return second;
  }
  return 0;
}

test('a body that pauses too long is refused', () => {
  const exchange = openExchange({ isReading: true });
  expect(secondsUntilEnd(exchange, 100)).toBe(10);
  expect(exchange.ends[0]).toContain('bodyIdleMs');
});

test('a body that trickles is refused after its first ten seconds', () => {
  const exchange = openExchange({ isReading: true });
  const end = secondsUntilEnd(exchange, 100, () => {
    exchange.bytesIn += 100;
  });
  expect(end).toBe(10);
  expect(exchange.ends[0]).toContain('bodyMinBytesPerS');
});

test('a fast beginning does not pay for a trickle', () => {
  const exchange = openExchange({ isReading: true });
  const end = secondsUntilEnd(exchange, 100, (second) => {
    exchange.bytesIn += second <= 5 ? 100_000_000 : 1;
  });
  expect(end).toBe(20);
});

test('a steady body may take as long as it likes', () => {
  const exchange = openExchange({ isReading: true });
  const end = secondsUntilEnd(exchange, 100_000, () => {
    exchange.bytesIn += 240;
  });
  expect(end).toBe(0);
});

test('time in which the gateway itself does not read is not held against the client', () => {
  const exchange = openExchange({ isReading: false });
  expect(secondsUntilEnd(exchange, 1_000)).toBe(0);
});

test('a client that leaves its answer unread is cut off, one that reads slowly is not', () => {
  expect(secondsUntilEnd(openExchange({ isBlocked: true }), 1_000)).toBe(61);
  const slow = openExchange({ isBlocked: true });
  const end = secondsUntilEnd(slow, 1_000, (second) => {
    if (second % 50 === 0) slow.bytesOut += 1;
  });
  expect(end).toBe(0);
});

test('the rest of a request is dropped for a bounded time only', () => {
  expect(secondsUntilEnd(openExchange({ isLingering: true }), 100)).toBe(6);
});
