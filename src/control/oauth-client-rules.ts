import { createPublicKey } from 'node:crypto';
import type { z } from 'zod';
import {
  AUTHORIZATION_CODE,
  CLIENT_CLASSES,
  CLIENT_CREDENTIALS,
  REFRESH_TOKEN,
} from '../core/client-classes.ts';
import { redirectUriProblem } from '../lib/http/redirect-uri.ts';
import { openX509 } from '../lib/x509/open-x509.ts';
import type { createOauthClientBody } from './oauth-schemas.ts';
import type { OauthFacts } from './services.ts';

type Body = z.output<typeof createOauthClientBody>;

/** How the client authenticates and what it may do, with the defaults of its class. */
export function settledOf(body: Body): {
  readonly authMethod: string;
  readonly grantTypes: readonly string[];
} {
  const rules = CLIENT_CLASSES[body.class];
  return {
    authMethod: body.authMethod ?? (rules.authMethods[0] as string),
    grantTypes: body.grantTypes ?? rules.defaultGrants,
  };
}

/** Sentences about what is wrong with a client; `facts` is null while nobody knows the resources. */
export function clientFaults(body: Body, facts: OauthFacts | null): string[] {
  return [
    ...classFaults(body),
    ...grantFaults(body),
    ...uriFaults(body),
    ...keyFaults(body),
    ...(facts === null ? [] : nameFaults(body, facts)),
  ];
}

function classFaults(body: Body): string[] {
  const rules = CLIENT_CLASSES[body.class];
  const { authMethod, grantTypes } = settledOf(body);
  const faults = grantTypes
    .filter((type) => !rules.grantTypes.includes(type))
    .map((type) => `a client of the class \`${body.class}\` may not use the grant type \`${type}\``);
  if (!rules.authMethods.includes(authMethod)) {
    faults.push(
      `a client of the class \`${body.class}\` authenticates by ${rules.authMethods.join(' or ')}, not by ${authMethod}`,
    );
  }
  return faults;
}

function grantFaults(body: Body): string[] {
  const { grantTypes } = settledOf(body);
  const usesCode = grantTypes.includes(AUTHORIZATION_CODE);
  const faults: string[] = [];
  if (usesCode && body.redirectUris.length === 0)
    faults.push('a client with the authorization code grant needs a redirect URI');
  if (!usesCode && body.redirectUris.length > 0)
    faults.push('a client without the authorization code grant has no use for redirect URIs');
  if (grantTypes.length === 1 && grantTypes[0] === REFRESH_TOKEN)
    faults.push('nothing gives this client a first refresh token: add another grant type');
  if ((body.roles.length > 0 || body.tier !== '') && !grantTypes.includes(CLIENT_CREDENTIALS))
    faults.push(
      'roles and tier are those of a client that speaks for itself: it needs the client credentials grant',
    );
  return faults;
}

function uriFaults({ class: kind, redirectUris, postLogoutRedirectUris }: Body): string[] {
  const { nativeApps } = CLIENT_CLASSES[kind];
  return [...redirectUris, ...postLogoutRedirectUris].flatMap((text) => {
    const why = redirectUriProblem(text, nativeApps);
    return why === null ? [] : [`the redirect URI ${JSON.stringify(text)} ${why}`];
  });
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const MIN_RSA_BITS = 2048;

/** What is wrong with a public key; null when it can be used. */
function jwkFault(jwk: Record<string, unknown>, needsCertificate: boolean): string | null {
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) return 'is private: give the public half only';
  try {
    const key = createPublicKey({ key: jwk as never, format: 'jwk' });
    if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS)
      return `has less than ${MIN_RSA_BITS} bits`;
    if (!needsCertificate) return null;
    const [first] = Array.isArray(jwk.x5c) ? jwk.x5c : [];
    const certificate = openX509(Buffer.from(String(first), 'base64'));
    if (certificate === null) return 'has no certificate in `x5c` that can be read';
    return certificate.publicKey.equals(key) ? null : 'is not the key of its certificate';
  } catch {
    return needsCertificate ? 'has no certificate in `x5c` that can be read' : 'cannot be read';
  }
}

function keyFaults(body: Body): string[] {
  const { authMethod } = settledOf(body);
  const needsKeys = authMethod === 'private_key_jwt' || authMethod === 'self_signed_tls_client_auth';
  const faults: string[] = [];
  if (needsKeys && body.jwks === undefined) faults.push(`${authMethod} needs the public keys of the client`);
  if (!needsKeys && body.jwks !== undefined) faults.push(`${authMethod} has no use for public keys`);
  (body.jwks?.keys ?? []).forEach((jwk, at) => {
    const why = jwkFault(jwk, authMethod === 'self_signed_tls_client_auth');
    if (why !== null) faults.push(`key ${at + 1} ${why}`);
  });
  const needsName = authMethod === 'tls_client_auth';
  if (needsName && body.certificate === undefined)
    faults.push('tls_client_auth needs the name in the certificate by which the client is recognised');
  if (!needsName && body.certificate !== undefined)
    faults.push(`${authMethod} does not look at names in a certificate`);
  return faults;
}

/** A typing error would make a client that can do nothing. */
function nameFaults({ scopes, resources }: Body, facts: OauthFacts): string[] {
  const known = new Map(facts.resources.map((resource) => [resource.id, resource.scopes]));
  const strange = resources.filter((id) => !known.has(id)).map((id) => `there is no resource \`${id}\``);
  const offered = new Set([...known.values()].flat());
  return [
    ...strange,
    ...scopes.filter((scope) => !offered.has(scope)).map((scope) => `no resource has the scope \`${scope}\``),
  ];
}
