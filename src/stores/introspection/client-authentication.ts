import { createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import type { ClientCredentials } from '../../core/ports.ts';

/** What a request shows of its client. */
export interface ShownClient {
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

const ASSERTION_S = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A text as `application/x-www-form-urlencoded` writes it. */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

/** The algorithm and options that a private key signs with. */
function signerOf(key: KeyObject): { alg: string; hash: string | null } {
  if (key.asymmetricKeyType === 'rsa') return { alg: 'RS256', hash: 'sha256' };
  if (key.asymmetricKeyType === 'ed25519') return { alg: 'EdDSA', hash: null };
  return { alg: 'ES256', hash: 'sha256' };
}

/** A signed statement of the client that it is itself (RFC 7523, section 2.2). */
function assertionOf(client: ClientCredentials, audience: string, nowMs: number): string {
  const key = createPrivateKey(client.privateKey);
  const { alg, hash } = signerOf(key);
  const nowS = Math.floor(nowMs / 1000);
  const header = client.keyId === '' ? { alg } : { alg, kid: client.keyId };
  const claims = {
    iss: client.id,
    sub: client.id,
    aud: audience,
    jti: randomUUID(),
    iat: nowS,
    exp: nowS + ASSERTION_S,
  };
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** Shows the client to a server; `audience` is what the server calls itself. */
export function showClient(client: ClientCredentials, audience: string, nowMs: number): ShownClient {
  const { method, id, secret } = client;
  switch (method) {
    case 'client_secret_basic': {
      // RFC 6749, section 2.3.1: both are encoded as a form encodes them, then put together.
      const pair = `${formEncode(id)}:${formEncode(secret)}`;
      return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }, parameters: {} };
    }
    case 'client_secret_post':
      return { headers: {}, parameters: { client_id: id, client_secret: secret } };
    case 'private_key_jwt': {
      const assertion = assertionOf(client, audience, nowMs);
      const parameters = {
        client_id: id,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: assertion,
      };
      return { headers: {}, parameters };
    }
  }
}
