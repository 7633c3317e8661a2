import type Provider from 'oidc-provider';
import type { InteractionView } from './interaction/seam.ts';
import { ownMetadata } from './tokens.ts';

/** The parts of an interaction that are looked at. */
export interface InteractionDetails {
  readonly uid: string;
  readonly prompt: {
    readonly name: string;
    readonly reasons: readonly string[];
    readonly details: Readonly<Record<string, unknown>>;
  };
  readonly params: Readonly<Record<string, unknown>>;
  readonly session?: { readonly accountId?: string; readonly amr?: readonly string[] };
  readonly grantId?: string;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

function resourceScopesOf(
  details: InteractionDetails['prompt']['details'],
): Record<string, readonly string[]> {
  const missing = details.missingResourceScopes;
  if (typeof missing !== 'object' || missing === null) return {};
  return Object.fromEntries(Object.entries(missing).map(([resource, scopes]) => [resource, textsOf(scopes)]));
}

/** Where the browser goes in the end: an origin, the scheme of an app, or '' for a device. */
function originOf(redirectUri: string): string {
  const url = URL.parse(redirectUri);
  if (url === null) return '';
  return url.origin === 'null' ? url.protocol : url.origin;
}

/** What an interaction is about, for pages; null when its client is gone. */
export async function describeInteraction(
  provider: Provider,
  { uid, prompt, params, session }: InteractionDetails,
): Promise<InteractionView | null> {
  const client = await provider.Client.find(textOf(params.client_id));
  if (client === undefined) return null;
  return {
    uid,
    prompt: prompt.name === 'consent' ? 'consent' : 'login',
    reasons: prompt.reasons,
    client: {
      id: client.clientId,
      name: client.clientName ?? client.clientId,
      class: ownMetadata(client).class,
    },
    accountId: session?.accountId ?? '',
    amr: textsOf(session?.amr),
    loginHint: textOf(params.login_hint),
    scopes: textsOf(prompt.details.missingOIDCScope),
    resourceScopes: resourceScopesOf(prompt.details),
    acrValues: textOf(params.acr_values).split(' ').filter(Boolean),
    redirectOrigin: originOf(textOf(params.redirect_uri)),
  };
}

/** Grants what an interaction asks consent for; tells which grant it is. */
export async function grantAll(
  provider: Provider,
  { prompt, params, session, grantId }: InteractionDetails,
): Promise<{ readonly grantId?: string }> {
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  const grant =
    existing ??
    new provider.Grant({ accountId: session?.accountId ?? '', clientId: textOf(params.client_id) });
  const scopes = textsOf(prompt.details.missingOIDCScope);
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  for (const [resource, granted] of Object.entries(resourceScopesOf(prompt.details))) {
    grant.addResourceScope(resource, granted.join(' '));
  }
  return { grantId: await grant.save() };
}
