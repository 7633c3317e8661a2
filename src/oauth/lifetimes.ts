import type { Configuration, RefreshToken, Session } from 'oidc-provider';
import type { OauthConfig } from '../config/oauth.schema.ts';

const INTERACTION_S = 3600;
const PUSHED_REQUEST_S = 60;

/** How long each kind of thing is valid, in seconds. */
export function lifetimesOf(lifetimes: OauthConfig['lifetimes'], nowMs: () => number): Configuration['ttl'] {
  const { accessTokenS, idTokenS, refreshIdleS, refreshAbsoluteS, codeS, deviceCodeS, sessionS } = lifetimes;
  const leftS = (sinceS: number, lifetimeS: number): number =>
    Math.max(1, sinceS + lifetimeS - Math.floor(nowMs() / 1000));
  return {
    AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? accessTokenS,
    ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? accessTokenS,
    AuthorizationCode: codeS,
    DeviceCode: deviceCodeS,
    IdToken: idTokenS,
    Interaction: INTERACTION_S,
    PushedAuthorizationRequest: PUSHED_REQUEST_S,
    // A grant is found through a session only, and through tokens that end with it.
    Grant: Math.max(sessionS, refreshAbsoluteS),
    Session: (_ctx, session: Session) =>
      session.loginTs === undefined ? Math.min(INTERACTION_S, sessionS) : leftS(session.loginTs, sessionS),
    // Each refresh gives a new token; the first of the chain dates the end of all.
    RefreshToken: (_ctx, token: RefreshToken) =>
      Math.min(refreshIdleS, leftS(token.iiat ?? Math.floor(nowMs() / 1000), refreshAbsoluteS)),
  } as Configuration['ttl'];
}
