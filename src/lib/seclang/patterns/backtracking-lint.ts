import type { Bytes } from '../bytes.ts';
import { Backtracker } from './backtracker.ts';
import { backtrackingBound } from './backtracking-bound.ts';
import { BacktrackingProgram } from './backtracking-program.ts';
import { type Pump, pumpsOf } from './pumps.ts';
import { readPattern } from './read.ts';

/** How an engine that backtracks, unlike ours, would fare with a pattern. */
export interface Backtracking {
  readonly kind: 'exponential' | 'polynomial' | 'none' | 'unknown';
  /** A sentence: the text that shows it, or what is known instead. */
  readonly why: string;
}

const NO_LOOPS = 'How many steps it takes does not depend on the length of a value.';
/** Steps after which a text has taken too many. */
const MAX_STEPS = 1_000_000;

/**
 * Finds out whether engines that backtrack take more steps for a pattern than values are long, for those who write rules:
 * our own engine does not.
 *
 * Shape: `none` is proven from the pattern, the other two from texts that were tried; `unknown` is what is left.
 * Errors: RangeError for a pattern that cannot be read.
 */
export function findBacktracking(source: Bytes): Backtracking {
  const pattern = readPattern(source);
  const { factor, degree } = backtrackingBound(pattern);
  if (degree <= 1)
    return {
      kind: 'none',
      why: degree === 0 ? NO_LOOPS : `It takes at most ${factor} × the length of a value.`,
    };
  const code = new BacktrackingProgram(pattern);
  let polynomial: Backtracking | null = null;
  for (const pump of pumpsOf(pattern.node)) {
    if (growsExponentially(code, pump))
      return { kind: 'exponential', why: sentence(pump, 'multiplies the steps') };
    polynomial ??= growsFaster(code, pump)
      ? { kind: 'polynomial', why: sentence(pump, 'takes more steps than the one before') }
      : null;
  }
  return (
    polynomial ?? {
      kind: 'unknown',
      why: 'No text was found for which it does, and no proof that there is none.',
    }
  );
}

/** Whether each six rounds more multiply the steps, by more than a polynomial of degree 7 would. */
function growsExponentially(code: BacktrackingProgram, pump: Pump): boolean {
  return growsBy(code, pump, [12, 18, 24], 8);
}

/** Whether twice the length takes more than about twice the steps. */
function growsFaster(code: BacktrackingProgram, pump: Pump): boolean {
  return growsBy(code, pump, [40, 80, 160], 3.2);
}

function growsBy(code: BacktrackingProgram, pump: Pump, rounds: readonly number[], times: number): boolean {
  let before = 0;
  for (const round of rounds) {
    const steps = stepsOf(code, pump, round);
    if (steps === 0 || (before > 0 && steps < times * before && steps < MAX_STEPS)) return false;
    if (before >= MAX_STEPS) return true;
    before = steps;
  }
  return true;
}

/** How many steps it takes until it is known that a text does not match; 0 for one that does. */
function stepsOf(code: BacktrackingProgram, { before, repeated, behind }: Pump, rounds: number): number {
  const backtracker = new Backtracker(code, before + repeated.repeat(rounds) + behind, 0, false);
  const matches = backtracker.run(MAX_STEPS);
  if (matches === null) return MAX_STEPS;
  return matches ? 0 : MAX_STEPS - backtracker.unusedSteps;
}

function sentence({ before, repeated, behind }: Pump, grows: string): string {
  const parts = [
    before === '' ? '' : `behind ${JSON.stringify(before)}, `,
    `in front of ${JSON.stringify(behind)}`,
  ];
  return `Each ${JSON.stringify(repeated)} more ${parts.join('')} ${grows}.`;
}
