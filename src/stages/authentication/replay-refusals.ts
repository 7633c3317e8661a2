import { type Decision, deny } from '../../core/decision.ts';

const FULL = deny('authn.replay-full');
let unavailable: Decision | null = null;

/** The refusal when it cannot be told whether a credential was used before. */
export function denyForReplay(verdict: 'full' | 'unavailable', problem: string): Decision {
  if (verdict === 'full') return FULL;
  if (unavailable?.detail !== problem) unavailable = deny('authn.replay-unavailable', { detail: problem });
  return unavailable;
}
