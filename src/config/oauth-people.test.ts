import { describe, expect, test } from 'vitest';
import { examineDocument } from './examine-document.ts';
import { findWeaknesses } from './weaknesses.ts';

const CORP = {
  id: 'corp',
  name: 'Company',
  issuer: 'https://login.test',
  clientId: 'x',
  allowedDomains: ['a.test'],
};

function examine(oauth: object, more: object = {}) {
  return examineDocument(
    {
      version: 1,
      listeners: [{ name: 'web', port: 8080, host: '127.0.0.1' }],
      oauth: { issuer: 'http://127.0.0.1:8080', ...oauth },
      apis: [{ id: 'a', path: '/a', upstream: 'http://127.0.0.1:1', rateLimit: { perMinute: 10 } }],
      ...more,
    },
    { baseDir: '/x' },
  );
}

describe('oauth.users and oauth.federation', () => {
  test.each([
    ['two providers of one name', { federation: [CORP, CORP] }, '/oauth/federation/1/id'],
    ['nobody who could sign in', { users: { passwords: false } }, '/oauth/users/passwords'],
    [
      'an issuer over http',
      { federation: [{ ...CORP, issuer: 'http://login.test' }] },
      '/oauth/federation/0/issuer',
    ],
    ['too little memory', { users: { hash: { memoryKib: 1024 } } }, '/oauth/users/hash/memoryKib'],
    ['too little work', { users: { hash: { memoryKib: 19_456, passes: 1 } } }, '/oauth/users/hash'],
    ['short passwords', { users: { minPasswordChars: 4 } }, '/oauth/users/minPasswordChars'],
    ['what there is not', { users: { registration: true } }, '/oauth/users/registration'],
  ])('%s is a mistake', (_what, oauth, pointer) => {
    const { config, problems } = examine(oauth);
    expect(config).toBeNull();
    expect(problems.map((problem) => problem.pointer)).toContain(pointer);
  });

  test.each([
    [
      'everybody of a provider',
      { federation: [{ ...CORP, allowedDomains: [] }] },
      '/oauth/federation/0/allowedDomains',
    ],
    ['short passwords', { users: { minPasswordChars: 8 } }, '/oauth/users/minPasswordChars'],
  ])('%s is weak', (_what, oauth, pointer) => {
    const { config, problems } = examine(oauth);
    expect(problems).toEqual([]);
    expect(config === null ? [] : findWeaknesses(config).map((weakness) => weakness.pointer)).toContain(
      pointer,
    );
  });

  test('providers alone are enough', () => {
    expect(examine({ users: { passwords: false }, federation: [CORP] }).problems).toEqual([]);
  });

  test('sign-ins are guarded as logins, and offices are known there, too', () => {
    const shared = { addresses: ['192.0.2.0/24'] };
    const { config } = examine({}, { defaults: { login: { shared } } });
    const server = config?.apis.find(({ isBuiltIn }) => isBuiltIn);
    const blocks = new Map(
      server?.endpoints.map((endpoint) => [endpoint.path, endpoint.blocks.get('login')?.config]),
    );
    expect(blocks.get('/interaction/{uid}/login')).toMatchObject({
      failures: 5,
      windowS: 300,
      blockS: 1800,
      failureStatuses: [401],
      userName: { field: 'name' },
      shared: { addresses: expect.anything() },
    });
    expect(blocks.get('/interaction/{uid}/code')).toMatchObject({ failures: 5 });
    expect(blocks.get('/device')).toMatchObject({ failures: 5, failureStatuses: [400] });
    expect(blocks.get('/authorize')).not.toMatchObject({ failures: 5 });
  });
});
