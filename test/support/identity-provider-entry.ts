// A real OpenID Connect provider in a process of its own: port and redirect URI are its arguments. Every start makes
// another signing key. Whoever types a name at its login page is that person.
import { generateKeyPairSync } from 'node:crypto';
import Provider, { type Configuration } from 'oidc-provider';

const [port = '', redirectUri = ''] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const kid = String(Date.now());

const configuration: Configuration = {
  clients: [
    {
      client_id: 'portcullis',
      client_secret: 'a secret of the client',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } as never] },
  cookies: { keys: ['test'] },
  claims: { openid: ['sub', 'groups', 'amr'], profile: ['name'], email: ['email', 'email_verified'] },
  pkce: { required: () => true },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      name: `${id} <i>Upstream</i>`,
      email: `${id}@${id === 'mallory' ? 'elsewhere' : 'company'}.test`,
      email_verified: id !== 'unverified',
      groups: ['staff', 'admin'],
    }),
  }),
};

const provider = new Provider(`http://127.0.0.1:${port}`, configuration);
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
