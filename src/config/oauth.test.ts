import { describe, expect, test } from 'vitest';
import { parseConfig } from './load.ts';
import { findWeaknesses } from './weaknesses.ts';

const api = { id: 'web', path: '/web', upstream: 'http://127.0.0.1:3000', authenticate: 'none' };
const load = (oauth: object | undefined, more: object = {}) =>
  parseConfig(JSON.stringify({ version: 1, apis: [api], oauth, ...more }), '/etc/portcullis.yaml');
const told = (oauth: object, more: object = {}) =>
  load(oauth, more).problems.map(({ pointer, message }) => `${pointer}: ${message}`);

describe('the issuer', () => {
  test.each([
    'https://auth.company.com',
    'https://auth.company.com:8443',
    'https://api.company.com/auth',
    'http://127.0.0.1:8080',
    'http://localhost:8080',
  ])('%s is one', (issuer) => {
    expect(told({ issuer })).toEqual([]);
  });

  test.each([
    ['http://auth.company.com', 'https'],
    ['https://auth.company.com/', 'character by character'],
    ['https://AUTH.company.com', 'character by character'],
    ['https://auth.company.com/auth/', 'without the slash'],
    ['https://auth.company.com?x', 'query'],
    ['https://auth.company.com#x', 'fragment'],
    ['https://a:b@auth.company.com', 'password'],
    ['auth.company.com', 'URL'],
  ])('%s is none', (issuer, why) => {
    expect(told({ issuer }).join('\n')).toContain(why);
  });
});

describe('what it implies', () => {
  const issuer = 'https://auth.company.com';

  test('an API of its own, of which nobody wrote a word', () => {
    const { config, document } = load({ issuer });
    expect(config?.apis.map(({ id, isBuiltIn }) => [id, isBuiltIn])).toEqual([
      ['web', false],
      ['oauth', true],
    ]);
    expect(JSON.stringify(document)).not.toContain('127.0.0.1:1"');
    expect(config?.issuers.map(({ id, issuer: name }) => [id, name])).toEqual([['builtin', issuer]]);
  });

  test('nothing without the block', () => {
    const { config } = load(undefined);
    expect(config?.apis.map(({ id }) => id)).toEqual(['web']);
    expect(config?.issuers).toEqual([]);
  });

  test('inherits what guards everything, not what is about APIs', () => {
    const defaults = {
      authenticate: { apiKey: {} },
      authorize: [{ scopes: ['x'] }],
      validate: { contentTypes: ['application/json'] },
      access: { deny: ['192.0.2.0/24'] },
    };
    const blocks = load({ issuer }, { defaults }).config?.apis.at(-1)?.blocks;
    expect(blocks?.get('authenticate')?.config).toMatchObject({ none: true });
    expect(blocks?.get('authorize')?.config).toMatchObject({ rules: [] });
    expect(blocks?.get('validate')?.config).toMatchObject({ contentTypes: [], maxBodyBytes: 65_536 });
    expect(JSON.stringify(blocks?.get('access')?.config)).toContain('192.0.2.0/24');
  });

  test.each<[string, object, object, string]>([
    [
      'an API of its name',
      {},
      { apis: [{ ...api, id: 'oauth' }] },
      '/oauth/issuer: Another API is called `oauth`',
    ],
    [
      'an API in its place',
      {},
      { apis: [{ ...api, path: '/', hosts: ['auth.company.com'] }] },
      '/oauth/issuer: API `web` has the path',
    ],
    [
      'an issuer of its name',
      {},
      { issuers: [{ id: 'builtin', issuer: 'https://x.example' }] },
      '/issuers/0/id: This name stands for',
    ],
    [
      'a resource twice',
      { resources: [{ id: 'https://a/b' }, { id: 'https://a/b' }] },
      {},
      '/oauth/resources/1/id: Another resource',
    ],
    [
      'an unknown default',
      { defaultResource: 'https://a/c' },
      {},
      '/oauth/defaultResource: There is no resource',
    ],
    ['a short secret', { secret: 'short' }, {}, '/oauth/secret: `secret` must have at least 32 characters'],
    [
      'unused longer than in all',
      { lifetimes: { refreshIdleS: 700, refreshAbsoluteS: 600 } },
      {},
      '/oauth/lifetimes/refreshIdleS',
    ],
    ['a key that is none', { clients: [] }, {}, '/oauth'],
  ])('%s is a mistake', (_, oauth, more, expected) => {
    expect(told({ issuer, ...oauth }, more).join('\n')).toContain(expected);
  });

  test('`builtin` is an issuer only where there is one', () => {
    const authenticate = { jwt: { issuer: 'builtin', audience: 'web' } };
    expect(load(undefined, { apis: [{ ...api, authenticate }] }).problems[0]?.message).toContain(
      'no issuer `builtin`',
    );
    expect(load({ issuer }, { apis: [{ ...api, authenticate }] }).problems).toEqual([]);
  });
});

test('what is weaker than the default is told', () => {
  const { config } = load({
    issuer: 'https://auth.company.com',
    lifetimes: {
      accessTokenS: 3600,
      refreshIdleS: 1_000_000,
      refreshAbsoluteS: 9_000_000,
      sessionS: 9_000_000,
      codeS: 600,
    },
    resources: [{ id: 'https://a/b', accessTokenS: 901 }],
    tokenRequestsPerMinute: 11,
    keys: { rotateDays: 91 },
    dpop: { nonce: false },
  });
  if (config === null) throw new Error('not valid');
  const pointers = findWeaknesses(config)
    .map(({ pointer }) => pointer)
    .filter((pointer) => pointer.startsWith('/oauth'));
  expect(pointers.sort()).toEqual([
    '/oauth/dpop/nonce',
    '/oauth/keys/rotateDays',
    '/oauth/lifetimes/accessTokenS',
    '/oauth/lifetimes/codeS',
    '/oauth/lifetimes/refreshAbsoluteS',
    '/oauth/lifetimes/refreshIdleS',
    '/oauth/lifetimes/sessionS',
    '/oauth/resources/0/accessTokenS',
    '/oauth/tokenRequestsPerMinute',
  ]);
});

test('a secret of its own beside a database that others may share is noted', () => {
  const store = { url: 'postgres://gateway@db.company.com/portcullis' };
  const notes = (oauth: object) => {
    const { config } = load({ issuer: 'https://auth.company.com', ...oauth }, { store });
    return config === null ? [] : findWeaknesses(config).filter(({ pointer }) => pointer === '/oauth');
  };
  expect(notes({})).toMatchObject([{ level: 'note' }]);
  expect(notes({ secret: 's'.repeat(43) })).toEqual([]);
});

test('secrets that were typed in are told, and not shown', () => {
  const { typedSecrets } = load({ issuer: 'https://auth.company.com', secret: 's'.repeat(43) });
  expect(typedSecrets).toEqual(['/oauth/secret']);
});
