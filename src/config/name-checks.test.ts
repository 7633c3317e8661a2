import { expect, test } from 'vitest';
import { nameProblems } from './name-checks.ts';

const api = (blocks: object) => ({ apis: [{ id: 'a', ...blocks }] });

test.each([
  ['a shipped tier', api({ rateLimit: { tier: 'pro' } }), []],
  ['the tier of the caller', api({ rateLimit: { tier: 'fromPrincipal', defaultTier: 'free' } }), []],
  ['a tier of the document', { tiers: { gold: {} }, ...api({ rateLimit: { tier: 'gold' } }) }, []],
  ['a mistyped tier', api({ rateLimit: { tier: 'prro' } }), ['/apis/0/rateLimit/tier Did you mean `pro`?']],
  [
    'a tier in an endpoint',
    { apis: [{ endpoints: [{ rateLimit: { defaultTier: 'zzzzzz' } }] }] },
    ['/apis/0/endpoints/0/rateLimit/defaultTier Add it to `tiers`.'],
  ],
  ['an issuer', { issuers: [{ id: 'x' }], ...api({ authenticate: { jwt: { issuer: 'x' } } }) }, []],
  [
    'an unknown issuer in defaults',
    { defaults: { authenticate: { jwt: { issuer: 'nobody' } } } },
    ['/defaults/authenticate/jwt/issuer Add it to `issuers`.'],
  ],
  [
    'an unknown issuer among several methods',
    {
      issuers: [{ id: 'company' }],
      ...api({ authenticate: { anyOf: [{ apiKey: {} }, { jwt: { issuer: 'compny' } }] } }),
    },
    ['/apis/0/authenticate/anyOf/1/jwt/issuer Did you mean `company`?'],
  ],
  ['blocks of another shape', api({ rateLimit: 3, authenticate: 'none' }), []],
])('%s', (_, document, expected) => {
  const found = nameProblems(document as Record<string, unknown>);
  expect(found.map(({ pointer, suggestion }) => `${pointer} ${suggestion}`)).toEqual(expected);
});
