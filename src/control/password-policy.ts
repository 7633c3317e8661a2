import type { GatewayConfig } from '../config/config.ts';
import { RECOMMENDED_COST } from '../lib/password/argon2.ts';
import type { PasswordPolicy } from './services.ts';

const MIN_CHARS = 12;

/** What a configuration asks of passwords; what is advised where it says nothing. */
export function passwordPolicyOf({
  oauth,
}: Pick<GatewayConfig, 'oauth'> | Record<string, never>): PasswordPolicy {
  if (oauth === undefined) return { minChars: MIN_CHARS, cost: RECOMMENDED_COST, place: '' };
  const { minPasswordChars, hash } = oauth.users;
  return { minChars: minPasswordChars, cost: hash, place: new URL(oauth.issuer).host };
}
