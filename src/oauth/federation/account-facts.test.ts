import { describe, expect, test } from 'vitest';
import { federationSchema } from '../../config/oauth-federation.schema.ts';
import { accountFacts, isAllowed } from './account-facts.ts';

const config = (more: object = {}) =>
  federationSchema.parse({
    id: 'corp',
    name: 'Corp',
    issuer: 'https://login.corp.test',
    clientId: 'portcullis',
    roles: { staff: ['employee'], admins: ['employee', 'editor'] },
    ...more,
  });

describe('accountFacts', () => {
  test.each([
    [{ groups: 'staff' }, ['employee']],
    [{ groups: ['staff', 'admins', 'staff'] }, ['employee', 'editor']],
    [{ groups: ['admin', 'editor', 'constructor', '__proto__', 'toString'] }, []],
    [{ groups: [['staff'], { staff: 1 }, 1, null] }, []],
    [{ groups: { 0: 'staff' } }, []],
    [{ roles: ['staff'] }, []],
    [{}, []],
  ])('%j gives the roles %j', (claims, roles) => {
    expect(accountFacts({ sub: '1', ...claims }, config()).roles).toEqual(roles);
  });

  test('gives everybody the default roles, each once', () => {
    const facts = accountFacts(
      { sub: '1', groups: 'staff' },
      config({ defaultRoles: ['guest', 'employee'] }),
    );
    expect(facts.roles).toEqual(['guest', 'employee']);
  });

  test('takes attributes from the claims that are named, and texts only', () => {
    const claims = { department: 'dep', tenant: 'x', tid: 'acme\n', clearance: ['secret'] };
    const mapping = { claims: { department: 'department', tenant: 'tid', clearance: 'clearance' } };
    expect(accountFacts({ sub: '1', ...claims }, config(mapping)).attributes).toEqual({
      department: 'dep',
      tenant: 'acme',
      clearance: '',
    });
    expect(accountFacts({ sub: '1', ...claims }, config()).attributes.department).toBe('');
  });

  test.each([
    [{ amr: ['pwd', 'mfa', 'otp'] }, false, ['fed']],
    [{ amr: ['hwk', 'fpt'] }, false, ['fed']],
    [{ amr: ['pwd', 'mfa', 'otp'] }, true, ['fed', 'otp', 'mfa']],
    [{ amr: ['otp'] }, true, ['fed', 'otp']],
    [{ amr: 'mfa' }, true, ['fed', 'mfa']],
    [{ amr: ['MFA', 'm fa', { mfa: 1 }] }, true, ['fed']],
    [{}, true, ['fed']],
  ])('%j, trusted %s, gives the methods %j', (claims, trustMfa, amr) => {
    expect(accountFacts({ sub: '1', ...claims }, config({ trustMfa })).amr).toEqual(amr);
  });

  test('bounds what it takes over', () => {
    const facts = accountFacts(
      { sub: '1', name: 'x'.repeat(5000), email: `${'y'.repeat(5000)}@a.test` },
      config(),
    );
    expect(facts.displayName).toHaveLength(200);
    expect(facts.email).toHaveLength(200);
  });
});

describe('isAllowed', () => {
  const allows = (email: unknown, email_verified: unknown) =>
    isAllowed(accountFacts({ sub: '1', email, email_verified }, config()), ['corp.test']);

  test.each([
    ['a@corp.test', true, true],
    ['a@CORP.test', true, true],
    ['a@corp.test', 'true', false],
    ['a@corp.test', undefined, false],
    ['a@evil.test', true, false],
    ['a@corp.test@evil.test', true, false],
    ['a@sub.corp.test', true, false],
    ['a@evilcorp.test', true, false],
    ['corp.test', true, false],
    ['', true, false],
    [['a@corp.test'], true, false],
  ])('%j, verified %j: %s', (email, isVerified, isIn) => {
    expect(allows(email, isVerified)).toBe(isIn);
  });

  test('everybody, where no domain is named', () => {
    expect(isAllowed({ email: '', isEmailVerified: false }, [])).toBe(true);
  });
});

describe('the block', () => {
  const base = { id: 'corp', name: 'Corp', issuer: 'https://login.corp.test', clientId: 'x' };
  test.each([
    [{ issuer: 'http://login.corp.test' }],
    [{ issuer: 'ftp://login.corp.test' }],
    [{ id: 'Corp!' }],
    [{ name: '' }],
    [{ allowedDomains: ['Corp.test'] }],
    [{ trustEmail: true }],
  ])('refuses %j', (more) => {
    expect(federationSchema.safeParse({ ...base, ...more }).success).toBe(false);
  });

  test('may name a provider on this machine by http', () => {
    expect(federationSchema.safeParse({ ...base, issuer: 'http://127.0.0.1:9000' }).success).toBe(true);
  });
});
