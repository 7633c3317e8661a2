import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LoginAttempt, LoginLimits } from '../../core/logins.ts';
import { createLoginTable } from './login-table.ts';
import { openLogins } from './shared-logins.ts';
import { attempt, NOW_MS } from './testdata/login-attempts.ts';

/** The rules as a log of events says them, on seconds. */
class Model {
  readonly #limits: LoginLimits;
  #failures: { at: number; name: string }[] = [];
  /** Failures before this moment were answered by a block. */
  #clearedBefore = -1;
  #underWay: number[] = [];
  #blockedUntil = 0;
  #blockedFor = '';

  constructor(limits: LoginLimits) {
    this.#limits = limits;
  }

  begin(now: number): string {
    if (now < this.#blockedUntil) return this.#blockedFor;
    const { failures, windowS } = this.#limits;
    const failed = this.#failed(now, windowS);
    const underWay = this.#underWay.filter((at) => now < at + 600).length;
    if (failed > failures) return 'failures';
    if (failed + underWay > failures) return 'concurrent';
    this.#underWay.push(now);
    return '';
  }

  end(began: number, failed: boolean, name: string, now: number): string {
    const at = this.#underWay.indexOf(began);
    if (at >= 0) this.#underWay.splice(at, 1);
    if (!failed) return '';
    this.#failures.push({ at: now, name });
    if (now < this.#blockedUntil) return '';
    const { failures, windowS, userNames, userNamesWindowS, blockS } = this.#limits;
    const names = new Set(
      this.#failures.filter((each) => now < each.at + userNamesWindowS).map((each) => each.name),
    );
    const cause =
      userNames > 0 && names.size > userNames
        ? 'user-names'
        : this.#failed(now, windowS) > failures
          ? 'failures'
          : '';
    if (cause === '') return '';
    this.#blockedUntil = now + blockS;
    this.#blockedFor = cause;
    this.#clearedBefore = this.#failures.length;
    return cause;
  }

  #failed(now: number, windowS: number): number {
    return this.#failures.filter((each, at) => at >= this.#clearedBefore && now < each.at + windowS).length;
  }
}

const stepOf = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('begin' as const), name: fc.integer({ min: 0, max: 9 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('end' as const), failed: fc.boolean(), which: fc.nat(7) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      seconds: fc.oneof(
        fc.integer({ min: 1, max: 90 }),
        fc.constantFrom(299, 300, 301, 599, 600, 1799, 1800, 3600),
      ),
    }),
  },
);
const limitsOf = fc.record({
  failures: fc.integer({ min: 1, max: 9 }),
  windowS: fc.constantFrom(60, 300, 2400),
  blockS: fc.constantFrom(60, 1800),
  userNames: fc.constantFrom(0, 1, 2, 5),
  userNamesWindowS: fc.constantFrom(60, 3600),
});

test('decides as the log of all events does', { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(limitsOf, fc.array(stepOf, { minLength: 20, maxLength: 150 }), (limits, steps) => {
      const logins = openLogins(createLoginTable({ addresses: 8 }));
      const model = new Model(limits);
      const underWay: { made: LoginAttempt; name: string; began: number }[] = [];
      let now = 0;
      for (const step of steps) {
        const nowMs = NOW_MS + now * 1000;
        if (step.type === 'wait') now += step.seconds;
        else if (step.type === 'begin') {
          const name = String(step.name);
          const made = attempt('192.0.2.7', { limits, userTag: logins.tagOf('shop', name) });
          const refused = logins.begin(made, nowMs)?.cause ?? '';
          expect(refused).toBe(model.begin(now));
          if (refused === '') underWay.push({ made, name, began: now });
        } else {
          const [ended] = underWay.splice(step.which % Math.max(1, underWay.length), 1);
          if (ended === undefined) continue;
          const block = logins.end(ended.made, step.failed ? 'failed' : 'succeeded', nowMs, false);
          expect(block?.cause ?? '').toBe(model.end(ended.began, step.failed, ended.name, now));
        }
      }
    }),
    { numRuns: 1500 },
  );
});

test('between whole seconds it is late, never early: no window holds more failures than one above the limit', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 20, maxLength: 80 });
  fc.assert(
    fc.property(waits, fc.integer({ min: 0, max: 999 }), (gapsMs, offsetMs) => {
      const limits = { failures: 5, windowS: 300, blockS: 60, userNames: 0, userNamesWindowS: 60 };
      const logins = openLogins(createLoginTable({ addresses: 8 }));
      let nowMs = NOW_MS + offsetMs;
      let blockedAtMs = 0;
      let failuresMs: number[] = [];
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        const made = attempt('192.0.2.7', { limits });
        if (logins.begin(made, nowMs) !== null) continue;
        expect(nowMs - blockedAtMs).toBeGreaterThanOrEqual(60_000);
        failuresMs = [...failuresMs.filter((atMs) => atMs > nowMs - 300_000), nowMs];
        const isOver = failuresMs.length > 5;
        const block = logins.end(made, 'failed', nowMs, false);
        if (isOver) expect(block).not.toBeNull();
        if (block === null) continue;
        blockedAtMs = nowMs;
        failuresMs = [];
      }
    }),
    { numRuns: 500 },
  );
});
