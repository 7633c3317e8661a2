import { TICK_MS, TimerWheel } from '../lib/time/timer-wheel.ts';

/** The timers of everything that a thread waits for on connections, driven by one timer of Node. */
export function openThreadWheel(): TimerWheel {
  const wheel = new TimerWheel(performance.now());
  setInterval(() => wheel.advance(performance.now()), TICK_MS).unref();
  return wheel;
}
