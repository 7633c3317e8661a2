import type { OauthConfig } from './oauth.schema.ts';

const DAY_S = 86_400;

type Found = { readonly pointer: string; readonly message: string };

const STOLEN = 'whoever steals one can use it for as long.';
const ACCESS = `Access tokens are valid for more than 15 minutes: ${STOLEN}`;
const SIGN_IN = 'Users need not sign in again for more than 30 days.';

/** What weakens protection in a valid `oauth` block; pointers are relative to it. */
export function oauthWeaknesses(config: OauthConfig): readonly Found[] {
  const { lifetimes, resources, keys, dpop, tokenRequestsPerMinute } = config;
  const limits: readonly (readonly [pointer: string, value: number, limit: number, message: string])[] = [
    ['/lifetimes/accessTokenS', lifetimes.accessTokenS, 900, ACCESS],
    ...resources.map(
      ({ accessTokenS = 0 }, at) => [`/resources/${at}/accessTokenS`, accessTokenS, 900, ACCESS] as const,
    ),
    [
      '/lifetimes/refreshIdleS',
      lifetimes.refreshIdleS,
      7 * DAY_S,
      `Unused refresh tokens are valid for more than 7 days: ${STOLEN}`,
    ],
    ['/lifetimes/refreshAbsoluteS', lifetimes.refreshAbsoluteS, 30 * DAY_S, SIGN_IN],
    ['/lifetimes/sessionS', lifetimes.sessionS, 30 * DAY_S, SIGN_IN],
    ['/lifetimes/codeS', lifetimes.codeS, 60, 'Authorization codes are valid for more than a minute.'],
    ['/keys/rotateDays', keys.rotateDays, 90, 'Signing keys are in use for more than 90 days.'],
    [
      '/tokenRequestsPerMinute',
      tokenRequestsPerMinute,
      10,
      'A client may ask for more than 10 tokens a minute.',
    ],
  ];
  const found = limits.flatMap(([pointer, value, limit, message]) =>
    value > limit ? [{ pointer, message }] : [],
  );
  const weak = [...found, ...peopleWeaknesses(config)];
  if (dpop.nonce) return weak;
  const message = 'DPoP proofs need no nonce: they can be made in advance and used later.';
  return [...weak, { pointer: '/dpop/nonce', message }];
}

const MIN_PASSWORD_CHARS = 12;

function peopleWeaknesses({ users, federation }: OauthConfig): readonly Found[] {
  const found: Found[] = federation.flatMap(({ allowedDomains }, at) =>
    allowedDomains.length > 0
      ? []
      : [
          {
            pointer: `/federation/${at}/allowedDomains`,
            message: 'Everybody whom this provider knows may sign in.',
          },
        ],
  );
  if (users.minPasswordChars < MIN_PASSWORD_CHARS) {
    const message = 'New passwords may have fewer than 12 characters.';
    found.push({ pointer: '/users/minPasswordChars', message });
  }
  return found;
}
