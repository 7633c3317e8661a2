import type Provider from 'oidc-provider';
import type { errors, KoaContextWithOIDC } from 'oidc-provider';
import { DEVICE_INTERVAL_S } from './page-sources.ts';
import type { TokenLimits } from './token-limits.ts';

/** What happened, in the words of the journal; never holds a token, code or secret. */
export interface OauthEvent {
  readonly action: string;
  readonly outcome: 'success' | 'failure';
  readonly clientId: string;
  /** '' for nobody. */
  readonly accountId: string;
  readonly clientAddress: string;
  readonly grantType: string;
  /** OAuth error code and the reason behind it; '' without one. */
  readonly error: string;
  readonly detail: string;
}

/** Who listens to the authorization server. */
export interface OauthEvents {
  record(event: OauthEvent): void;
  /** Something that a person should look at; once for each kind and key. */
  alert(kind: 'oauth.refresh-chain' | 'oauth.refresh-reuse', key: string, event: OauthEvent): void;
  /** A defect. */
  bug(error: unknown): void;
}

type ProviderError = errors.OIDCProviderError & { error_detail?: string };

function eventOf(ctx: KoaContextWithOIDC, action: string, error?: ProviderError): OauthEvent {
  const { oidc } = ctx;
  return {
    action,
    outcome: error === undefined ? 'success' : 'failure',
    clientId: oidc.client?.clientId ?? textOf(oidc.params?.client_id),
    accountId: oidc.account?.accountId ?? oidc.session?.accountId ?? '',
    clientAddress: ctx.ip,
    grantType: oidc.route === 'token' ? textOf(oidc.params?.grant_type) : '',
    error: error?.error ?? '',
    detail: textOf(error?.error_detail ?? error?.error_description),
  };
}

const MAX_CHARS = 200;
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_CHARS) : '';

/** Events that succeed, and the actions they are. */
const SUCCESSES = [
  ['authorization.success', 'oauth.authorization'],
  ['grant.success', 'oauth.token'],
  ['device_authorization.success', 'oauth.device-authorization'],
  ['pushed_authorization_request.success', 'oauth.pushed-request'],
  ['grant.revoked', 'oauth.grant-revoked'],
  ['end_session.success', 'oauth.logout'],
] as const;

/** Events that fail. */
const FAILURES = [
  ['authorization.error', 'oauth.authorization'],
  ['grant.error', 'oauth.token'],
  ['device_authorization.error', 'oauth.device-authorization'],
  ['pushed_authorization_request.error', 'oauth.pushed-request'],
  ['introspection.error', 'oauth.introspection'],
  ['revocation.error', 'oauth.revocation'],
  ['userinfo.error', 'oauth.userinfo'],
  ['end_session.error', 'oauth.logout'],
] as const;

/** Passes on what the provider says, with what a person should look at. */
export function listenTo(
  provider: Provider,
  events: OauthEvents,
  limits: TokenLimits,
  chainAlert: number,
): void {
  const on = provider.on.bind(provider) as (name: string, run: (...args: never[]) => void) => void;
  for (const [name, action] of SUCCESSES) {
    on(name, (ctx: KoaContextWithOIDC) => events.record(eventOf(ctx, action)));
  }
  for (const [name, action] of FAILURES) {
    on(name, (ctx: KoaContextWithOIDC, error: ProviderError) => {
      // A device that polls has not failed.
      if (error.error !== 'authorization_pending') events.record(eventOf(ctx, action, error));
      if (error.error === 'invalid_client') limits.failed(ctx).catch((thrown) => events.bug(thrown));
    });
  }
  on('device_authorization.success', (_ctx: KoaContextWithOIDC, body: Record<string, unknown>) => {
    body.interval = DEVICE_INTERVAL_S;
  });
  on('grant.success', (ctx: KoaContextWithOIDC) => {
    const token = ctx.oidc.entities.RefreshToken;
    if (token?.grantId !== undefined && (token.rotations ?? 0) > chainAlert) {
      events.alert('oauth.refresh-chain', token.grantId, eventOf(ctx, 'oauth.refresh-chain'));
    }
  });
  on('grant.error', (ctx: KoaContextWithOIDC, error: ProviderError) => {
    const token = ctx.oidc.entities.RefreshToken;
    if (error.error_detail !== 'refresh token already used' || token?.grantId === undefined) return;
    events.alert('oauth.refresh-reuse', token.grantId, eventOf(ctx, 'oauth.refresh-reuse', error));
  });
  on('server_error', (_ctx: KoaContextWithOIDC, error: unknown) => events.bug(error));
}
