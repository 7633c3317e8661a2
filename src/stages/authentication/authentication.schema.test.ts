import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fakePorts, routeFacts } from '../../../test/support/authentication-world.ts';
import { ConfigError } from '../../core/errors.ts';
import { credentialHeaders, credentialQuery, isAnonymous } from './authentication.schema.ts';
import { authentication } from './authentication.ts';

function compile(block: unknown) {
  return authentication.compile(authentication.schema.parse(block), routeFacts(), fakePorts().ports).head;
}

describe('the block', () => {
  test.each([undefined, {}, { mode: 'observe' }, { realm: 'x' }])('%o requires an API key', (block) => {
    const config = authentication.schema.parse(block ?? {});
    expect(config).toMatchObject({
      none: false,
      alternatives: [[{ kind: 'apiKey', header: 'X-API-Key', forward: false }]],
    });
    expect(isAnonymous(config)).toBe(false);
  });

  test('`none` compiles to nothing, is anonymous and weak', () => {
    expect(compile('none')).toBeUndefined();
    const config = authentication.schema.parse('none');
    expect(isAnonymous(config)).toBe(true);
    expect(credentialHeaders(config)).toEqual([]);
    expect(authentication.weaknesses?.(config)).toEqual([
      { pointer: '', message: expect.stringContaining('no authentication') },
    ]);
  });

  test('says what it accepts', () => {
    const config = authentication.schema.parse({
      anyOf: [{ jwt: { issuer: 'company', audience: 'orders' } }, { apiKey: { query: 'k' } }],
    });
    expect(credentialHeaders(config)).toEqual([
      { name: 'authorization', forward: true },
      { name: 'x-api-key', forward: false },
    ]);
    expect(credentialQuery(config)).toEqual({ name: 'k', forward: false });
    expect(authentication.weaknesses?.(config)).toMatchObject([{ pointer: '/anyOf/1/apiKey/query' }]);
    expect(authentication.weaknesses?.(authentication.schema.parse({}))).toEqual([]);
  });

  test.each(['off', 'observe'])('mode %s is weak', (mode) => {
    const config = authentication.schema.parse({ mode });
    expect(authentication.weaknesses?.(config)).toMatchObject([{ pointer: '/mode' }]);
  });

  test.each([
    ['None'],
    [null],
    [[]],
    [{ allOf: [{ apiKey: {} }] }],
    [{ none: true }],
    [{ apiKey: {}, jwt: {} }],
    [{ apiKey: {}, anyOf: [{ jwt: {} }] }],
    [{ anyOf: [] }],
    [{ anyOf: [{}] }],
    [{ anyOf: ['none'] }],
    [{ anyOf: [{ apiKey: {}, jwt: {} }] }],
    [{ apiKey: { header: 'X Key' } }],
    [{ apiKey: { header: '' } }],
    [{ apiKey: { query: 'a&b' } }],
    [{ apiKey: { forwards: true } }],
    [{ jwt: { issuer: 'company', audience: [] } }],
    [{ realm: 'a"b' }],
    [{ realm: 'a\r\nX: y' }],
    [{ mode: 'on' }],
  ])('%j is an error', (block) => {
    expect(authentication.schema.safeParse(block).success).toBe(false);
  });

  test.each<[object, string, string]>([
    [{ jwt: {} }, '/jwt/issuer', '/jwt/audience'],
    [{ jwt: { issuer: 'compny', audience: 'x' } }, '/jwt/issuer', "Did you mean 'company'?"],
    [{ jwt: { issuer: 'zzzzzzzzz', audience: 'x' } }, '/jwt/issuer', 'Configured issuers: company.'],
    [{ anyOf: [{ apiKey: {} }, { jwt: { issuer: 'company' } }] }, '/anyOf/1/jwt/audience', 'orders'],
    [{ anyOf: [{ apiKey: {} }, { apiKey: { header: 'X-B' } }] }, '/anyOf/1/apiKey', 'once'],
    [
      { anyOf: [{ apiKey: { header: 'authorization' } }, { jwt: { issuer: 'company', audience: 'x' } }] },
      '/anyOf/1/jwt',
      'both',
    ],
    [
      { anyOf: ['a', 'b'].map((audience) => ({ jwt: { issuer: 'company', audience } })) },
      '/anyOf/1/jwt',
      'audiences',
    ],
  ])('%j cannot be compiled', (block, pointer, text) => {
    try {
      compile(block);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems[0]?.pointer).toBe(pointer);
      expect(JSON.stringify((error as ConfigError).problems)).toContain(text);
      return;
    }
    expect.unreachable();
  });

  test('has a JSON Schema', () => {
    const text = JSON.stringify(z.toJSONSchema(authentication.schema, { io: 'input' }));
    expect(text).toContain('"const":"none"');
    expect(text).toContain('anyOf');
  });
});
