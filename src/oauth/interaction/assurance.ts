import type { UserRecord } from '../../core/users.ts';

/** Authentication context classes that this server gives, and that clients can ask for by `acr_values`. */
export const ACR_SINGLE = 'urn:portcullis:acr:single-factor';
export const ACR_MULTI = 'urn:portcullis:acr:multi-factor';

/** The reason for which a session that was signed in to with fewer factors is asked for more. */
export const STEP_UP = 'acr_values';

/** The context that was reached by these methods (RFC 8176). */
export function acrOf(amr: readonly string[]): string {
  return amr.includes('mfa') ? ACR_MULTI : ACR_SINGLE;
}

/** Whether the client asks for more than one factor: of the contexts that there are, it names that one first. */
export function asksForMfa(acrValues: readonly string[]): boolean {
  return acrValues.find((value) => value === ACR_SINGLE || value === ACR_MULTI) === ACR_MULTI;
}

/** Whether the context of a session is what the client asks for. */
export function isEnough(acrValues: readonly string[], acr: string): boolean {
  return !asksForMfa(acrValues) || acr === ACR_MULTI;
}

/** Whether a code is asked for after these methods. */
export function needsCode(
  user: UserRecord,
  amr: readonly string[],
  acrValues: readonly string[],
  isRequiredOfAll: boolean,
): boolean {
  if (amr.includes('mfa')) return false;
  return user.totpSecret !== '' || user.isTotpRequired || isRequiredOfAll || asksForMfa(acrValues);
}
