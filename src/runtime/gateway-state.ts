import type { LoadedConfig } from './config-source.ts';
import type { PlanDocument } from './messages.ts';

/** What changes while a gateway runs. */
export interface GatewayState {
  phase: 'starting' | 'running' | 'stopping';
  /** The configuration in force and what the threads were given of it. */
  loaded: LoadedConfig;
  plan: PlanDocument;
  readonly reloads: { ok: number; failed: number };
}
