import { NO_ATTRIBUTES, type PrincipalAttributes } from '../../core/principal.ts';
import { type ClaimPath, readClaim, toName, toTexts } from './claim-paths.ts';
import type { JsonObject } from './jwt-token.ts';

/** Where in the claims the attributes of a principal are. */
export interface AttributePaths {
  readonly mfa: ClaimPath | null;
  readonly acr: ClaimPath;
  readonly amr: ClaimPath;
  readonly department: ClaimPath;
  readonly clearance: ClaimPath;
  readonly tenant: ClaimPath;
}

const MAX_AMR = 16;

/** Methods by what they prove (RFC 8176, section 2): something known, something had, something one is. */
const FACTORS: Readonly<Record<string, 'known' | 'had' | 'inherent'>> = {
  pwd: 'known',
  pin: 'known',
  kba: 'known',
  otp: 'had',
  sms: 'had',
  tel: 'had',
  sc: 'had',
  hwk: 'had',
  swk: 'had',
  pop: 'had',
  face: 'inherent',
  fpt: 'inherent',
  iris: 'inherent',
  retina: 'inherent',
  vbm: 'inherent',
};

/** Whether methods prove more than one kind of factor: two passwords are one. */
export function isMultiFactor(amr: readonly string[]): boolean {
  if (amr.includes('mfa')) return true;
  const kinds = new Set(amr.flatMap((name) => (Object.hasOwn(FACTORS, name) ? [FACTORS[name]] : [])));
  return kinds.size > 1;
}

/**
 * Reads the attributes of a principal from claims.
 *
 * Safety: what has not the form that it should have counts as absent, so it never grants anything: `mfa` is true by
 * the boolean `true` in the configured claim, or by `amr`.
 */
export function readAttributes(claims: JsonObject, paths: AttributePaths): PrincipalAttributes {
  const amr = toTexts(readClaim(claims, paths.amr)).slice(0, MAX_AMR).map(toName).filter(Boolean);
  const acr = toName(readClaim(claims, paths.acr));
  const department = toName(readClaim(claims, paths.department));
  const clearance = toName(readClaim(claims, paths.clearance));
  const tenant = toName(readClaim(claims, paths.tenant));
  const mfa = (paths.mfa !== null && readClaim(claims, paths.mfa) === true) || isMultiFactor(amr);
  const isEmpty = !mfa && amr.length === 0 && `${acr}${department}${clearance}${tenant}` === '';
  return isEmpty ? NO_ATTRIBUTES : { mfa, acr, amr, department, clearance, tenant };
}
