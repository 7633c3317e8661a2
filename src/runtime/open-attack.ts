import type { Notices } from '../core/notices.ts';
import { monotonicMs } from '../lib/time/monotonic.ts';
import { SwitchedAttack } from './attack-mode.ts';
import type { GatewayState } from './gateway-state.ts';

const clock = { nowMs: () => Date.now() };

/** Opens attack mode of a gateway, which goes by the configuration in force. */
export function openAttack(state: GatewayState, memory: SharedArrayBuffer, notices: Notices): SwitchedAttack {
  return new SwitchedAttack({
    memory,
    notices,
    clock,
    monotonicMs,
    config: () => state.loaded.config.attackMode,
  });
}
