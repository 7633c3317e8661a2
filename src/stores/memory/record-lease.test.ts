import { expect, test } from 'vitest';
import { type Lease, RecordLease } from './record-lease.ts';

const NO_LEASE_YET: Lease = { untilMs: 0, untilEpochMs: 0, problem: 'gone' };

function world() {
  const clocks = { monotonic: 1_000_000, epoch: Date.UTC(2026, 0, 2) };
  const lease = new RecordLease({ nowMs: () => clocks.epoch }, () => clocks.monotonic, NO_LEASE_YET);
  const renew = (forMs: number): void =>
    lease.renew({
      untilMs: clocks.monotonic + forMs,
      untilEpochMs: clocks.epoch + forMs,
      problem: 'gone',
    });
  const pass = (ms: number): void => {
    clocks.monotonic += ms;
    clocks.epoch += ms;
  };
  return { clocks, lease, renew, pass };
}

test('there is none until it is granted, and it ends to the millisecond', () => {
  const { lease, renew, pass } = world();
  expect(lease.problem).toBe('gone');
  renew(50_000);
  pass(49_999);
  expect(lease.problem).toBe('');
  pass(1);
  expect(lease.problem).toBe('gone');
  renew(50_000);
  expect(lease.problem).toBe('');
});

test('a wall clock that is set back does not make it longer', () => {
  const { clocks, lease, renew, pass } = world();
  renew(50_000);
  clocks.epoch -= 3_600_000;
  pass(50_000);
  expect(lease.problem).toBe('gone');
});

test('a machine that slept, whose monotonic clock stood still, does not make it longer', () => {
  const { clocks, lease, renew } = world();
  renew(50_000);
  clocks.epoch += 600_000;
  expect(lease.problem).toBe('gone');
});

test('records of one gateway alone are always current', () => {
  const lease = new RecordLease({ nowMs: () => 0 }, () => 0, null);
  expect(lease.problem).toBe('');
});
