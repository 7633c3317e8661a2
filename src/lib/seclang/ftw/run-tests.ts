import type { FtwTest } from './ftw-test.ts';
import { judge } from './judge.ts';
import { type FtwWorld, runStage } from './run-stage.ts';

/** How a test ended. */
export interface FtwResult {
  readonly title: string;
  readonly file: string;
  readonly verdict: 'passed' | 'failed' | 'skipped';
  /** What did not come true, with the number of the stage. */
  readonly reasons: readonly string[];
  /** Why the listener would refuse a request of the test; '' where it would not. */
  readonly fault: string;
  /** Rules that matched, each once. */
  readonly ids: readonly number[];
}

/** Runs a test, stage after stage. */
export function runTest(world: FtwWorld, test: FtwTest): FtwResult {
  const reasons: string[] = [];
  const ids = new Set<number>();
  let fault = '';
  for (const [index, stage] of test.isEnabled ? test.stages.entries() : []) {
    const outcome = runStage(world, stage);
    const where = test.stages.length > 1 ? `stage ${index + 1}: ` : '';
    for (const reason of judge(stage.expected, outcome)) reasons.push(`${where}${reason}`);
    for (const { ruleId, isLogged } of outcome.matches) if (isLogged) ids.add(ruleId);
    if (fault === '') fault = outcome.fault;
  }
  const verdict = test.isEnabled ? (reasons.length > 0 ? 'failed' : 'passed') : 'skipped';
  return { title: test.title, file: test.file, verdict, reasons, fault, ids: [...ids] };
}
