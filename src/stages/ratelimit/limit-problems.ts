import type { ConfigProblem } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { TierConfig } from './tiers.ts';

const WINDOWS = [
  ['perMinute', 'a minute'],
  ['perHour', 'an hour'],
  ['perDay', 'a day'],
] as const;

/**
 * Finds limits that can never be reached because another one is, and bursts of nothing.
 *
 * Shape: `pointer` is that of the block. A limit as large as that of a longer window says the same; only a larger one
 * is a mistake. Slots and windows do not contradict each other: nobody knows how long a request takes.
 */
export function contradictions(limits: TierConfig, pointer: string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [at, [name, window]] of WINDOWS.entries()) {
    const limit = limits[name];
    const tighter = WINDOWS.slice(at + 1).find(([longer]) => (limits[longer] ?? Infinity) < (limit ?? 0));
    if (limit === undefined || tighter === undefined) continue;
    const [longer] = tighter;
    problems.push({
      pointer: `${pointer}/${name}`,
      message: `\`${name}\` is ${limit} and \`${longer}\` ${limits[longer]}: the limit of ${window} can never be reached.`,
      suggestion: `Write at most ${limits[longer]} for \`${name}\`, or leave it out.`,
    });
  }
  if (limits.burst !== undefined && limits.burst.mode !== 'off' && limits.perMinute === undefined) {
    problems.push({
      pointer: `${pointer}/burst`,
      message: 'A burst is measured by the rate of `perMinute`, and there is none.',
      suggestion: 'Write `perMinute`, or leave `burst` out.',
    });
  }
  return problems;
}

/** The smallest number that a request is taken from; Infinity where nothing is limited. */
function smallestOf({ perMinute, perHour, perDay, burst }: Limits): number {
  const room = [perMinute, perHour, perDay].filter((limit) => limit > 0);
  return Math.min(...room, burst?.isEnforced ? burst.capacity : Infinity);
}

/** Finds a cost that a limit never has room for: such requests would be refused for ever. */
export function costProblems(cost: number, limits: Limits, what: string, pointer: string): ConfigProblem[] {
  const smallest = smallestOf(limits);
  if (cost <= smallest) return [];
  return [
    {
      pointer,
      message: `A request costs ${cost}, and ${what} has room for ${Math.floor(smallest)}: none would ever pass.`,
      suggestion: 'Lower the cost, or raise the limit.',
    },
  ];
}
