import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTestServices, type TestServices } from '../../test/support/control-services.ts';
import { Problem, runOperation } from './operation.ts';
import { OPERATIONS, type OperationId } from './operations.ts';

let world: TestServices;

beforeEach(async () => {
  world = await openTestServices();
});
afterEach(() => world.close());

// biome-ignore lint/suspicious/noExplicitAny: each operation answers something else
const run = async (id: OperationId, input: object): Promise<any> =>
  runOperation(OPERATIONS[id], world.services, input);
const create = (body: object) => run('createOauthClient', { body: { name: 'a client', ...body } });
const internal = { class: 'internal', scopes: ['orders:read'] };
const shop = { class: 'public', redirectUris: ['https://shop.example/callback'], scopes: ['orders:read'] };

const publicJwk = (kind: 'rsa' | 'weak') =>
  generateKeyPairSync('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 }).publicKey.export({
    format: 'jwk',
  });

describe('a client', () => {
  test('shows its secret once, and only its hash is kept', async () => {
    const { client, secret, notes } = await create({ ...internal, id: 'billing' });
    expect(secret).toMatch(/^cs_[A-Za-z0-9_-]{43}$/);
    expect(notes).toEqual([]);
    expect(client).toMatchObject({
      id: 'billing',
      status: 'enabled',
      authMethod: 'client_secret_basic',
      grantTypes: ['client_credentials'],
      secrets: [{ expiresAt: null }],
    });
    const shown = [
      await run('getOauthClient', { params: { id: 'billing' } }),
      await run('listOauthClients', {}),
    ];
    const stored = await world.services.oauth.clients.find('billing');
    for (const text of [JSON.stringify(shown), JSON.stringify(stored)]) expect(text).not.toContain(secret);
    expect(JSON.stringify(shown)).not.toContain(stored?.secrets[0]?.hash);
    expect(JSON.stringify(shown)).not.toContain(stored?.secrets[0]?.salt);
  });

  test('of the public class has none', async () => {
    const { client, secret } = await create(shop);
    expect(secret).toBeNull();
    expect(client).toMatchObject({ authMethod: 'none', grantTypes: ['authorization_code', 'refresh_token'] });
    expect(await run('rotateOauthClientSecret', { params: { id: client.id }, body: {} })).toMatchObject({
      status: 409,
    });
  });

  test('has an id of its own', async () => {
    await create({ ...internal, id: 'billing' });
    expect(await create({ ...internal, id: 'billing' })).toMatchObject({ status: 409 });
  });

  test.each<[string, object, string]>([
    ['public with a secret', { ...shop, authMethod: 'client_secret_basic' }, 'authenticates by none'],
    [
      'public that speaks for itself',
      { ...shop, grantTypes: ['client_credentials'] },
      'may not use the grant type',
    ],
    ['public without redirect URI', { ...shop, redirectUris: [] }, 'needs a redirect URI'],
    ['internal that proves nothing', { ...internal, authMethod: 'none' }, 'authenticates by'],
    [
      'internal with a scheme of its own',
      { ...internal, grantTypes: ['authorization_code'], redirectUris: ['com.example.app:/x'] },
      'is not https',
    ],
    [
      'internal with useless redirect URIs',
      { ...internal, redirectUris: ['https://a.example/'] },
      'no use for redirect URIs',
    ],
    [
      'a partner with a secret',
      { class: 'partner', authMethod: 'client_secret_basic' },
      'authenticates by tls_client_auth',
    ],
    [
      'a partner with a key',
      { class: 'partner', authMethod: 'private_key_jwt' },
      'authenticates by tls_client_auth',
    ],
    ['a partner without a name', { class: 'partner' }, 'needs the name in the certificate'],
    ['a wildcard', { ...shop, redirectUris: ['https://*.example/'] }, 'wildcard'],
    ['a fragment', { ...shop, postLogoutRedirectUris: ['https://a.example/#x'] }, 'fragment'],
    ['an unknown scope', { ...internal, scopes: ['orders:raed'] }, 'no resource has the scope'],
    ['an unknown resource', { ...internal, resources: ['https://api.test/x'] }, 'there is no resource'],
    ['refresh tokens from nowhere', { ...internal, grantTypes: ['refresh_token'] }, 'first refresh token'],
    ['roles without a voice', { ...shop, roles: ['admin'] }, 'roles and tier'],
    ['a key method without keys', { ...internal, authMethod: 'private_key_jwt' }, 'needs the public keys'],
    [
      'keys without a key method',
      { ...internal, jwks: { keys: [publicJwk('rsa')] } },
      'no use for public keys',
    ],
    [
      'a weak key',
      { ...internal, authMethod: 'private_key_jwt', jwks: { keys: [publicJwk('weak')] } },
      'less than 2048',
    ],
    [
      'a private key',
      { ...internal, authMethod: 'private_key_jwt', jwks: { keys: [{ ...publicJwk('rsa'), d: 'AQAB' }] } },
      'is private',
    ],
    [
      'a shared key',
      { ...internal, authMethod: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
      'is private',
    ],
    [
      'no key at all',
      { ...internal, authMethod: 'private_key_jwt', jwks: { keys: [{ kty: 'RSA' }] } },
      'cannot be read',
    ],
    ['the implicit grant', { ...shop, grantTypes: ['implicit'] }, 'grantTypes'],
    ['a secret by JWT', { ...internal, authMethod: 'client_secret_jwt' }, 'authMethod'],
    ['keys from elsewhere', { ...internal, jwksUri: 'https://a.example/keys' }, 'jwksUri'],
    ['a strange class', { ...internal, class: 'root' }, 'class'],
    ['a strange id', { ...internal, id: '../x' }, 'id'],
  ])('that is %s is refused', async (_, body, why) => {
    const answer = await create(body);
    expect(answer).toBeInstanceOf(Problem);
    expect(answer.status).toBe(422);
    expect(answer.message).toContain(why);
    expect((await run('listOauthClients', {})).clients).toEqual([]);
  });

  test('that does not exist is told', async () => {
    const params = { id: 'nobody' };
    for (const id of [
      'getOauthClient',
      'deleteOauthClient',
      'disableOauthClient',
      'enableOauthClient',
    ] as const)
      expect(await run(id, { params })).toMatchObject({ status: 404 });
    expect(await run('rotateOauthClientSecret', { params, body: {} })).toMatchObject({ status: 404 });
  });
});

test('secrets that were replaced end after their time, and no rotation makes one last longer', async () => {
  await create({ ...internal, id: 'billing' });
  const rotate = (graceHours: number) =>
    run('rotateOauthClientSecret', { params: { id: 'billing' }, body: { graceHours } });
  const ends = async () =>
    (await run('getOauthClient', { params: { id: 'billing' } })).secrets.map(
      ({ expiresAt }: { expiresAt: string | null }) => expiresAt,
    );
  await rotate(1);
  const first = await ends();
  expect(first).toEqual([null, new Date(world.nowMs + 3_600_000).toISOString()]);
  await rotate(100);
  expect((await ends()).at(-1)).toBe(first[1]);
  world.nowMs += 3_600_001;
  expect(await ends()).toHaveLength(2);
  await rotate(0);
  expect(await ends()).toEqual([null]);
});
