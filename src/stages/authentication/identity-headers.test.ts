import { describe, expect, test } from 'vitest';
import { principalWith } from '../../../test/support/principals.ts';
import { authenticationSchema } from './authentication.schema.ts';
import { IDENTITY_FIELDS, type IdentityHeadersConfig } from './identity-headers.schema.ts';
import { compileIdentityHeaders } from './identity-headers.ts';

const alice = principalWith({
  subject: 'alice',
  clientId: 'shop',
  scopes: new Set(['orders:read', 'orders:write']),
  roles: new Set(['editor', 'team lead', 'a,b']),
  attributes: {
    mfa: true,
    acr: 'urn:loa:2',
    amr: ['pwd', 'otp'],
    department: 'Zürich',
    clearance: 'secret',
    tenant: 't1',
  },
});

function linesFor(config: IdentityHeadersConfig, principal = alice): string[] {
  const text = compileIdentityHeaders(config)?.linesFor(principal) ?? '';
  return text.split('\r\n').slice(1);
}

describe('identity headers', () => {
  test('hold what the principal says', () => {
    const config = { 'X-User-Id': 'subject', 'X-Client': 'client', 'X-Scopes': 'scopes' } as const;
    expect(linesFor(config)).toEqual([
      'X-User-Id: alice',
      'X-Client: shop',
      'X-Scopes: orders:read orders:write',
    ]);
    const rest = { A: 'roles', B: 'mfa', C: 'acr', D: 'amr', E: 'department', F: 'clearance' } as const;
    expect(linesFor({ ...rest, G: 'tenant', H: 'type', I: 'methods' })).toEqual([
      'A: editor team%20lead a%2Cb',
      'B: true',
      'C: urn:loa:2',
      'D: pwd otp',
      'E: Z%C3%BCrich',
      'F: secret',
      'G: t1',
      'H: key',
      'I: apiKey',
    ]);
  });

  test.each(IDENTITY_FIELDS)('%s has a value, or its field is not sent', (field) => {
    const nobody = principalWith({ subject: '' });
    const lines = linesFor({ X: field }, nobody);
    expect(lines).toEqual(
      field === 'mfa'
        ? ['X: false']
        : field === 'type' || field === 'methods'
          ? [`X: ${field === 'type' ? 'key' : 'apiKey'}`]
          : [],
    );
  });

  test.each([
    'a\r\nX-Admin: true',
    'a\nX-Admin: true',
    'a\r\n\r\nGET /admin HTTP/1.1',
    'a\u010d\u010aX-Admin: true',
    'a\u0000b',
    'a\u2028X-Admin: true',
    'a, b',
    'a" ; b="c',
  ])('%j stays one value of one line', (subject) => {
    const lines = linesFor({ 'X-User-Id': 'subject', 'X-Roles': 'roles' }, { ...alice, subject });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^X-User-Id: [!-~]+$/);
    expect(decodeURIComponent(lines[0]?.slice('X-User-Id: '.length) ?? '')).toBe(subject);
  });

  test('are written once per principal', () => {
    const headers = compileIdentityHeaders({ X: 'subject' });
    const bob = { ...alice, subject: 'bob' };
    expect(headers?.linesFor(bob)).toBe('\r\nX: bob');
    bob.subject = 'eve';
    expect(headers?.linesFor(bob)).toBe('\r\nX: bob');
    expect(headers?.linesFor({ ...bob })).toBe('\r\nX: eve');
  });
});

describe('the configuration', () => {
  test('names none unless told', () => {
    expect(authenticationSchema.parse({}).identityHeaders).toEqual({});
    expect(authenticationSchema.parse('none').identityHeaders).toEqual({});
    expect(compileIdentityHeaders({})).toBeNull();
  });

  test.each([
    'Host',
    'host',
    'Content-Length',
    'Content-Type',
    'Transfer-Encoding',
    'Authorization',
    'Cookie',
    'Connection',
    'X-Forwarded-For',
    'X-Forwarded-User',
    'X-Real-IP',
    'X-Request-Id',
    'Via',
    'Expect',
    'If-Match',
    'Sec-Fetch-Site',
    'Proxy-Authorization',
    'Accept',
    'Accept-Language',
    'Origin',
    'X_User_Id',
    'X User',
    'X-User:',
    'X-Ü',
    '',
    '-X',
  ])('%j cannot be the name of an identity header', (name) => {
    const identityHeaders = Object.fromEntries([[name, 'subject']]);
    expect(authenticationSchema.safeParse({ identityHeaders }).success).toBe(false);
  });

  test.each([
    [{ X: 'password' }],
    [{ X: '' }],
    [{ 'X-User': 'subject', 'x-user': 'client' }],
    [Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`X-${at}`, 'subject']))],
  ])('%j is an error', (identityHeaders) => {
    expect(authenticationSchema.safeParse({ identityHeaders }).success).toBe(false);
  });
});
