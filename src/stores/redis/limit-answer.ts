import type { CounterState, Hit, LimitName, Limits } from '../../core/limits.ts';

/** What the script leaves to rounding, in tokens. */
const ROUNDING = 1e-9;

/** Limits by the numbers that the script gives them. */
export const LIMIT_NAMES: readonly LimitName[] = ['minute', 'hour', 'day', 'burst', 'concurrent'];

/** Numbers that the script answers for one hit. */
export const HIT_NUMBERS = 5;

/** What is left where nothing is limited. */
export const UNLIMITED = 2 ** 52;

/** What the script, or a lease, says of one hit. Mutable so that leases reuse it. */
export interface HitAnswer {
  /** Index into `LIMIT_NAMES`. */
  which: number;
  /** Requests of cost 1 left in that limit; -1 where there was no room, `UNLIMITED` where there is no limit. */
  left: number;
  /** When that changes, in milliseconds from now. */
  waitMs: number;
  /** Taken from windows and bucket. */
  took: number;
  isBurstExceeded: boolean;
  isToReview: boolean;
}

/** Reads what the script says of the hit whose numbers start at `at`. */
export function readHit(answer: readonly number[], at: number): HitAnswer {
  const flags = answer[at + 4] as number;
  return {
    which: answer[at] as number,
    left: answer[at + 1] as number,
    waitMs: answer[at + 2] as number,
    took: answer[at + 3] as number,
    isBurstExceeded: (flags & 1) !== 0,
    isToReview: (flags & 2) !== 0,
  };
}

/** Makes a state that says that nothing is limited, until hits are noted on it. */
export function clearState(state: CounterState, nowMs: number): void {
  state.admitted = true;
  state.hit = 0;
  state.window = 'minute';
  state.limit = 0;
  state.remaining = UNLIMITED;
  state.resetMs = nowMs;
  state.burstToReview = -1;
  state.burstExceeded = false;
  state.degraded = '';
  state.problem = '';
}

/** Notes a hit on the state of its request: the tightest limit stays, or the one that refuses longest. */
export function noteHit(
  state: CounterState,
  hit: number,
  limits: Limits,
  answer: HitAnswer,
  nowMs: number,
): void {
  if (answer.isBurstExceeded) state.burstExceeded = true;
  if (answer.isToReview) state.burstToReview = hit;
  if (answer.left === UNLIMITED) return;
  const resetMs = nowMs + answer.waitMs;
  if (answer.left < 0) {
    if (!state.admitted && resetMs < state.resetMs) return;
    state.admitted = false;
  } else if (!state.admitted || answer.left > state.remaining) return;
  state.hit = hit;
  state.window = LIMIT_NAMES[answer.which] as LimitName;
  state.limit = limitOf(limits, answer.which);
  state.remaining = Math.max(0, answer.left);
  state.resetMs = resetMs;
}

/** Ends the notes on a state. */
export function closeState(state: CounterState): void {
  if (state.limit === 0 && state.admitted) state.remaining = 0;
}

/** Whether a request costs more than one of its limits, all hits on the same counter together. */
export function neverPasses(asked: readonly { readonly hit: Hit }[]): boolean {
  return asked.some(({ hit: { scope, client, limits } }, at) => {
    let cost = 0;
    for (let i = 0; i <= at; i++) {
      const { hit } = asked[i] as { readonly hit: Hit };
      if (hit.client === client && hit.scope === scope) cost += hit.cost;
    }
    const { perMinute, perHour, perDay, burst } = limits;
    if (burst?.isEnforced === true && cost > burst.capacity + ROUNDING) return true;
    return [perMinute, perHour, perDay].some((limit) => limit > 0 && cost > limit);
  });
}

function limitOf(limits: Limits, which: number): number {
  switch (which) {
    case 0:
      return limits.perMinute;
    case 1:
      return limits.perHour;
    case 2:
      return limits.perDay;
    case 3:
      return Math.floor(limits.burst?.capacity ?? 0);
    default:
      return limits.concurrent;
  }
}
