import { expect, test } from 'vitest';
import { TimerWheel } from '../lib/time/timer-wheel.ts';
import { WaitingCalls } from './waiting-calls.ts';

/** A queue for one connection with a limit of a second, and the names of the calls that it gave up. */
function open() {
  const wheel = new TimerWheel(0);
  const failed: string[] = [];
  const calls = new WaitingCalls(1, 1_000, wheel);
  const call = (name: string) => ({ name, failWaiting: () => void failed.push(name) });
  const runTo = (untilMs: number): void => {
    for (let nowMs = wheel.nowMs + 50; nowMs <= untilMs; nowMs += 50) wheel.advance(nowMs);
  };
  return { wheel, failed, calls, call, runTo };
}

test('the call that waits longest is next, and only so many may wait', () => {
  const { calls, call } = open();
  const all = ['a', 'b', 'c', 'd', 'e'].map(call);
  expect(all.map((each) => calls.add(each))).toEqual([true, true, true, true, false]);
  calls.delete(all[1] as never);
  expect([calls.shift(), calls.shift(), calls.shift(), calls.shift()]).toEqual([
    all[0],
    all[2],
    all[3],
    null,
  ]);
});

test('each waits its own time, however the ones before it left', () => {
  const { failed, calls, call, runTo } = open();
  const first = call('first');
  calls.add(first);
  runTo(500);
  calls.add(call('second'));
  calls.delete(first);
  runTo(1_400);
  expect(failed).toEqual([]);
  runTo(1_650);
  expect(failed).toEqual(['second']);
  calls.add(call('third'));
  runTo(2_550);
  expect(failed).toEqual(['second']);
  runTo(2_800);
  expect(failed).toEqual(['second', 'third']);
});
