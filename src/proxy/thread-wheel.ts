import type { Timers } from '../core/ports.ts';
import { TICK_MS, Timer, TimerWheel } from '../lib/time/timer-wheel.ts';

/** The timers of everything that a thread waits for on connections, driven by one timer of Node. */
export function openThreadWheel(): TimerWheel {
  const wheel = new TimerWheel(performance.now());
  setInterval(() => wheel.advance(performance.now()), TICK_MS).unref();
  return wheel;
}

/** Delays on the wheel of a thread, for stages. */
export function timersOn(wheel: TimerWheel): Timers {
  return {
    after: (delayMs) =>
      new Promise((resolve) => {
        const timer = new Timer(wheel, {
          onTime: () => {
            timer.remove();
            resolve();
          },
        });
        timer.set(delayMs);
      }),
  };
}
