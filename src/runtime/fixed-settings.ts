import type { GatewayConfig } from '../config/config.ts';
import type { ConfigProblem } from '../core/errors.ts';

/** Settings that a running gateway cannot change. */
const FIXED = ['threads', 'dataDir', 'admin', 'store', 'counters', 'journal'] as const;

/** A problem for every setting that differs and needs a restart. */
export function fixedProblems(before: GatewayConfig, after: GatewayConfig): ConfigProblem[] {
  return FIXED.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map((name) => ({
    pointer: `/${name}`,
    message: 'This cannot change while the gateway runs: restart it.',
  }));
}
