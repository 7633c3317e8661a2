import * as oidc from 'openid-client';
import type { OauthWorld } from './oauth-world.ts';

const CALLBACK = 'https://shop.test/callback';

/** Registers a user `alice` and a public client, and gives the address at which the client has her sign in. */
export async function openShop(world: OauthWorld, password: string): Promise<string> {
  const admin = async (path: string, body: object) =>
    (await (await world.gateway.admin(path, { method: 'POST', body: JSON.stringify(body) })).json()) as {
      client: { id: string };
    };
  await admin('/v1/users', { name: 'alice', password });
  const shop = { name: 'Shop', class: 'public', redirectUris: [CALLBACK] };
  const { client } = await admin('/v1/oauth/clients', shop);
  return `${world.issuer}/authorize?${new URLSearchParams({
    client_id: client.id,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid',
    code_challenge: await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  })}`;
}
