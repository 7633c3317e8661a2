import { loadCertificates } from '../config/certificates.ts';
import type { GatewayConfig } from '../config/config.ts';
import { ConfigError, type ConfigProblem } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { compilePlan } from '../plan/compile-plan.ts';

/** Ports for a plan that no request is decided with. */
const NO_PORTS: Ports = {
  clock: { nowMs: () => Date.now() },
  counters: { take: () => {} },
  apiKeys: { find: () => null },
  keySets: { find: () => null, version: () => 0, problem: () => '', refetch: async () => {} },
  notices: { raise: () => {} },
  proofNonces: { current: () => '', isValid: () => false },
  replay: { once: () => 'accepted', bound: () => 'accepted', forget() {}, problem: '' },
};

/** Finds what only shows when a valid configuration is put to use: in certificates, and by the stages. */
export function compileProblems(config: GatewayConfig): ConfigProblem[] {
  const { problems } = loadCertificates(config, Date.now());
  try {
    compilePlan(config, NO_PORTS);
    return [...problems];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...problems, ...error.problems];
  }
}
