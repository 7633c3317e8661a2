import type { GatewayConfig } from '../config/config.ts';
import type { ConfigProblem } from '../core/errors.ts';

/** Settings that a running gateway cannot change. */
const FIXED = ['threads', 'dataDir', 'admin', 'store', 'counters', 'journal'] as const;

/** Settings of the built-in authorization server that cannot change either; its issuer tells whether there is one. */
const OAUTH = ['issuer', 'secret'] as const;

/** A problem for every setting that differs and needs a restart. */
export function fixedProblems(before: GatewayConfig, after: GatewayConfig): ConfigProblem[] {
  const changed = FIXED.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map(
    (name) => `/${name}`,
  );
  const oauth = OAUTH.filter((name) => before.oauth?.[name] !== after.oauth?.[name]).map(
    (name) => `/oauth/${name}`,
  );
  return [...changed, ...oauth].map((pointer) => ({
    pointer,
    message: 'This cannot change while the gateway runs: restart it.',
  }));
}
