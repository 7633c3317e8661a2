import { describe, expect, test } from 'vitest';
import { newKey } from '../../../test/support/authentication-world.ts';
import { mtlsWorld, shown } from '../../../test/support/mtls-world.ts';
import { TestPki } from '../../../test/support/pki.ts';
import { ClientCertificate } from '../../core/certificate.ts';
import { ConfigError } from '../../core/errors.ts';

const root = TestPki.root({ subject: '/O=Company/CN=root' });
const between = root.authority({ subject: '/O=Company/CN=between' });
const other = TestPki.root({ subject: '/O=Other/CN=root' });
const partner = root.client(
  ['URI:spiffe://company/partner/a', 'DNS:A.partner.test', 'email:Ops@Company.test'],
  {
    subject: '/C=DE/O=Acme, Inc/CN=partner',
  },
);
const files = {
  authorities: {
    'root.pem': root.self.cert,
    'other.pem': other.self.cert,
    'both.pem': root.self.cert + other.self.cert,
  },
  listener: root.self.cert,
};
const { decide, checkOf, clock, records } = mtlsWorld(files);
const hex = shown(partner).thumbprint;

async function reasonOf(
  mtls: object,
  certificate: ClientCertificate | null = shown(partner),
): Promise<string> {
  return (await decide({ mtls }, certificate)).reason;
}

describe('a certificate of the authorities of the listener', () => {
  test('makes a service of its subject', async () => {
    const { reason, principal } = await decide(
      { mtls: { tier: 'pro', scopes: ['a'], roles: ['b'] } },
      shown(partner),
    );
    expect(reason).toBe('request.passed');
    expect(principal).toMatchObject({
      type: 'service',
      method: 'mtls',
      methods: 'mtls',
      subject: 'CN=partner,O=Acme\\, Inc,C=DE',
      credentialId: hex.slice(0, 16),
      issuer: 'CN=root,O=Company',
      scopes: new Set(['a']),
      roles: new Set(['b']),
      tier: 'pro',
      counterKey: 'mtls:CN=partner,O=Acme\\, Inc,C=DE',
    });
  });

  test('is the same caller with every request, and judged once', async () => {
    const check = checkOf({ mtls: {} });
    const certificate = shown(partner);
    const first = await decide(check, certificate);
    expect((await decide(check, certificate)).principal).toBe(first.principal);
  });

  test('of another one is not', async () => {
    const { reason, status, headers, claimedCredential } = await decide({ mtls: {} }, shown(other.client()));
    expect([reason, status]).toEqual(['authn.untrusted', 401]);
    expect(headers).toEqual(['WWW-Authenticate', 'ClientCertificate realm="orders"']);
    expect(claimedCredential).toHaveLength(8);
  });

  test('with what lies between', async () => {
    expect(await reasonOf({}, shown(between.client(), between))).toBe('request.passed');
    expect(await reasonOf({}, shown(between.client()))).toBe('authn.untrusted');
  });

  test.each([
    ['none', null, 'authn.missing'],
    [
      'one that is no certificate',
      new ClientCertificate(new Uint8Array([0x30, 0]), [], false, ''),
      'authn.malformed',
    ],
    [
      'one that OpenSSL found wrong',
      new ClientCertificate(partner.der, [], false, 'INVALID_CA'),
      'authn.untrusted',
    ],
    [
      'an expired one',
      shown(root.client([], { from: '20200101000000Z', until: '20200102000000Z' })),
      'authn.expired',
    ],
    [
      'one of tomorrow',
      shown(root.client([], { from: '20400101000000Z', until: '20410101000000Z' })),
      'authn.not-yet-valid',
    ],
  ])('%s', async (_what, certificate, reason) => {
    expect(await reasonOf({}, certificate)).toBe(reason);
  });

  test('expires on an open connection, and an authority does, too', async () => {
    const check = checkOf({
      mtls: { ca: [{ file: 'root.pem', until: new Date(clock.time + 5_000).toISOString() }] },
    });
    const certificate = shown(partner);
    expect((await decide(check, certificate)).reason).toBe('request.passed');
    clock.time += 5_001;
    const { reason, detail } = await decide(check, certificate);
    expect([reason, detail]).toEqual(['authn.untrusted', expect.stringContaining('`until`')]);
    clock.time = (certificate.notAfterMs ?? 0) + 1;
    expect((await decide(checkOf({ mtls: {} }), certificate)).reason).toBe('authn.expired');
    clock.time = Date.now();
  });

  test('is not let in by what was found out for another listener', async () => {
    const check = checkOf({ mtls: {} });
    const certificate = shown(partner);
    expect((await decide(check, certificate)).reason).toBe('request.passed');
    const { request } = await import('../../../test/support/authentication-world.ts');
    const ctx = Object.assign(request([], { certificate }), { listener: 'other' });
    expect((await check.run(ctx)).reason).toBe('authn.untrusted');
  });
});

describe('names', () => {
  test.each([
    ['the URI', { san: ['spiffe://company/partner/a'] }],
    ['a segment of it', { san: ['spiffe://company/partner/*'] }],
    ['a segment in the middle', { san: ['spiffe://company/*/a'] }],
    ['the host name in another case', { san: ['a.PARTNER.test'] }],
    ['a label of it', { san: ['*.partner.test'] }],
    ['the address, its domain in another case', { san: ['Ops@company.TEST'] }],
    ['any address of the domain', { san: ['*@company.test'] }],
    ['one of several', { san: ['x.test', 'spiffe://company/partner/a'] }],
    ['the subject', { subject: ['CN=partner,O=Acme\\, Inc,C=DE'] }],
    ['the thumbprint', { thumbprints: [hex] }],
    ['the thumbprint in base64url', { thumbprints: [shown(partner).thumbprintS256] }],
    ['the thumbprint with colons', { thumbprints: [hex.toUpperCase().replace(/(..)(?=.)/g, '$1:')] }],
    [
      'all kinds at once',
      { san: ['a.partner.test'], subject: ['CN=partner,O=Acme\\, Inc,C=DE'], thumbprints: [hex] },
    ],
  ])('%s', async (_what, names) => {
    expect(await reasonOf(names)).toBe('request.passed');
  });

  test.each([
    ['another URI', { san: ['spiffe://company/partner/b'] }],
    ['a prefix of it', { san: ['spiffe://company/partner'] }],
    ['more of it', { san: ['spiffe://company/partner/a/*'] }],
    ['the URI in another case', { san: ['spiffe://company/Partner/a'] }],
    ['the parent of the host', { san: ['partner.test'] }],
    ['a longer host', { san: ['x.a.partner.test'] }],
    ['a label too many', { san: ['*.test'] }],
    ['the address in another case', { san: ['ops@company.test'] }],
    ['a part of the subject', { subject: ['CN=partner,O=Acme\\, Inc'] }],
    ['the subject the other way round', { subject: ['C=DE,O=Acme\\, Inc,CN=partner'] }],
    ['another thumbprint', { thumbprints: ['0'.repeat(64)] }],
    ['one kind that is not met', { san: ['a.partner.test'], thumbprints: ['0'.repeat(64)] }],
    [
      'callers of whom it is none',
      { callers: [{ san: ['b.partner.test'] }, { thumbprints: ['0'.repeat(64)] }] },
    ],
  ])('not %s', async (_what, names) => {
    const { reason, status } = await decide({ mtls: names }, shown(partner));
    expect([reason, status]).toEqual(['authn.unmapped', 401]);
  });

  test.each([
    ['two segments for an asterisk', 'URI:spiffe://company/partner/a/b'],
    ['no segment for an asterisk', 'URI:spiffe://company/partner/'],
    ['a query', 'URI:spiffe://company/partner/a?x'],
    ['an escape', 'URI:spiffe://company/partner/a%2Fb'],
    ['a step up', 'URI:spiffe://company/partner/..'],
    ['a host that looks like it', 'DNS:spiffe'],
    ['a name in the subject that looks like it', ''],
  ])('an asterisk: not %s', async (_what, name) => {
    const client = root.client(name === '' ? [] : [name], {
      subject: '/CN=spiffe:\\/\\/company\\/partner\\/a',
    });
    expect(await reasonOf({ san: ['spiffe://company/partner/*'] }, shown(client))).toBe('authn.unmapped');
  });

  test('a host name with an asterisk of its own is no host under another one', async () => {
    expect(await reasonOf({ san: ['*.partner.test'] }, shown(root.client(['DNS:*.partner.test'])))).toBe(
      'authn.unmapped',
    );
  });

  /** What made a text of all names be read as other names (CVE-2021-44531, CVE-2021-44532, CVE-2021-44533). */
  test.each([
    ['a URI with what separates names', 'URI:http://x/, DNS:a.partner.test', ['a.partner.test']],
    [
      'an address with what separates names',
      'email:"x@y.test, DNS:a.partner.test"@z.test',
      ['a.partner.test'],
    ],
  ])('%s', async (_what, name, san) => {
    const extensions = [
      'extendedKeyUsage=clientAuth',
      'subjectAltName=@names',
      '[names]',
      `${name.split(':')[0]}.1=${name.slice(name.indexOf(':') + 1)}`,
    ];
    expect(await reasonOf({ san }, shown(root.client([], { extensions })))).toBe('authn.malformed');
  });

  test('a NUL character in a host name', async () => {
    const extensions = [
      'extendedKeyUsage=clientAuth',
      `subjectAltName=DER:30:10:82:0e:${Buffer.from('a.partner.test').toString('hex').match(/../g)?.join(':').replace('2e:74', '00:74')}`,
    ];
    expect(await reasonOf({ san: ['a.partner.test'] }, shown(root.client([], { extensions })))).toBe(
      'authn.malformed',
    );
  });

  test('a subject that is written to look like another one', async () => {
    const client = root.client([], { subject: '/CN=partner,O=Acme' });
    expect(shown(client).subject).toBe('CN=partner\\,O=Acme');
    expect(await reasonOf({ subject: ['CN=partner,O=Acme'] }, shown(client))).toBe('authn.unmapped');
  });
});

describe('what a caller is called', () => {
  const subjectOf = async (mtls: object, certificate = shown(partner)) =>
    (await decide({ mtls }, certificate)).principal?.subject ?? 'nobody';

  test.each([
    [{ san: ['spiffe://company/partner/*'] }, 'spiffe://company/partner/a'],
    [{ san: ['*.partner.test'] }, 'a.partner.test'],
    [{ subjectFrom: 'san-uri' }, 'spiffe://company/partner/a'],
    [{ subjectFrom: 'san-dns' }, 'a.partner.test'],
    [{ subjectFrom: 'san-email' }, 'Ops@Company.test'],
    [{ subjectFrom: 'cn' }, 'partner'],
    [{ subjectFrom: 'subject' }, 'CN=partner,O=Acme\\, Inc,C=DE'],
    [{ subjectFrom: 'thumbprint' }, hex],
    [
      {
        callers: [
          { san: ['b.test'], as: 'b' },
          { san: ['*.partner.test'], as: 'acme' },
        ],
      },
      'acme',
    ],
    [{ callers: [{ thumbprints: [hex] }], subjectFrom: 'cn' }, 'partner'],
  ])('%j', async (mtls, subject) => {
    expect(await subjectOf(mtls)).toBe(subject);
  });

  test('one of several names only where it was asked for', async () => {
    const several = shown(root.client(['DNS:a.test', 'DNS:b.test'], { subject: '/CN=a/CN=b' }));
    expect(await subjectOf({ subjectFrom: 'san-dns' }, several)).toBe('nobody');
    expect(await subjectOf({ subjectFrom: 'cn' }, several)).toBe('nobody');
    expect(await subjectOf({ subjectFrom: 'san-dns', san: ['b.test'] }, several)).toBe('b.test');
    expect(await reasonOf({ subjectFrom: 'san-uri' }, several)).toBe('authn.unmapped');
  });

  test('control characters are no name', async () => {
    const odd = shown(root.client([], { subject: '/CN=a\u0001b' }));
    expect(await subjectOf({ subjectFrom: 'cn' }, odd)).toBe('nobody');
    expect(await subjectOf({ subjectFrom: 'subject' }, odd)).toBe('CN=a\\01b');
  });

  test('rights of the entry that matches before those of the method', async () => {
    const mtls = { scopes: ['all'], tier: 'pro', callers: [{ san: ['*.partner.test'], scopes: ['few'] }] };
    const { principal } = await decide({ mtls }, shown(partner));
    expect([principal?.scopes, principal?.tier]).toEqual([new Set(['few']), 'pro']);
  });
});

describe('several entries', () => {
  const ours = { mtls: { ca: 'root.pem', scopes: ['ours'] } };
  const theirs = { mtls: { ca: 'other.pem', scopes: ['theirs'] } };

  test('each with its authority', async () => {
    const check = checkOf({ anyOf: [ours, theirs] });
    expect((await decide(check, shown(partner))).principal?.scopes).toEqual(new Set(['ours']));
    expect((await decide(check, shown(other.client()))).principal?.scopes).toEqual(new Set(['theirs']));
    const stranger = TestPki.root({ subject: '/CN=stranger' }).client();
    expect((await decide(check, shown(stranger))).reason).toBe('authn.untrusted');
  });

  test('nobody gets the rights of one by what another one asks for', async () => {
    const key = newKey();
    records.set(key.id, key.record);
    const strong = { mtls: { ca: 'root.pem', scopes: ['admin'] } };
    const weak = { mtls: { ca: 'both.pem', scopes: ['read'] } };
    const check = checkOf({
      anyOf: [
        { allOf: [strong, { jwt: { issuer: 'company', audience: 'a' } }] },
        { allOf: [weak, { apiKey: {} }] },
      ],
    });
    const { reason, principal } = await decide(check, shown(partner), ['X-API-Key', key.key]);
    expect([reason, principal]).toEqual(['authn.incomplete', null]);
  });

  test('together with an API key', async () => {
    const key = newKey();
    records.set(key.id, key.record);
    const check = checkOf({ allOf: [{ mtls: { san: ['*.partner.test'] } }, { apiKey: {} }] });
    const { principal } = await decide(check, shown(partner), ['X-API-Key', key.key]);
    expect([principal?.methods, principal?.subject, principal?.keyId]).toEqual([
      'mtls+apiKey',
      'a.partner.test',
      key.id,
    ]);
    expect((await decide(check, shown(partner))).reason).toBe('authn.incomplete');
    expect((await decide(check, null, ['X-API-Key', key.key])).reason).toBe('authn.incomplete');
    expect((await decide(check, shown(other.client()), ['X-API-Key', key.key])).reason).toBe(
      'authn.untrusted',
    );
  });
});

describe('one subject', () => {
  const both = (sameSubject: boolean) => ({
    allOf: [{ mtls: { san: ['*.partner.test'] } }, { apiKey: {} }],
    sameSubject,
  });

  test.each([
    [true, 'a.partner.test', 'request.passed'],
    [true, 'b.partner.test', 'authn.contradiction'],
    [true, '', 'authn.contradiction'],
    [false, 'b.partner.test', 'request.passed'],
  ])('%s: a key of "%s" gives %s', async (sameSubject, owner, reason) => {
    const key = newKey({ owner });
    records.set(key.id, key.record);
    expect((await decide(both(sameSubject), shown(partner), ['X-API-Key', key.key])).reason).toBe(reason);
  });
});

describe('mistakes', () => {
  const messages = (mtls: object, given: Parameters<typeof mtlsWorld>[0] = files): string[] => {
    try {
      mtlsWorld(given).checkOf({ mtls });
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(({ message }) => message);
      return (error as { issues: { message: string }[] }).issues.map(({ message }) => message);
    }
  };

  test.each([
    [{ san: ['spiffe://company/part*'] }, 'asterisk'],
    [{ san: ['spiffe://*/partner'] }, 'asterisk'],
    [{ san: ['*.*.test'] }, 'host name'],
    [{ san: ['a b'] }, 'visible'],
    [{ san: ['a*@b.test'] }, 'address'],
    [{ subject: ['CN=a, O=b'] }, 'RFC 4514'],
    [{ thumbprints: ['abc'] }, 'SHA-256'],
    [{ callers: [{ as: 'x' }] }, 'which certificates'],
    [{ tier: 'gold' }, 'no tier'],
    [{ ca: [{ file: 'a.pem', from: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }] }, '`until`'],
    [{ revocation: {} }, 'where to look'],
    [{ revocation: { ocsp: { responder: 'ldap://x' } } }, 'http'],
  ])('%j', (mtls, part) => {
    expect(messages(mtls).join(' ')).toContain(part);
  });

  test('nobody asks for certificates', () => {
    expect(messages({}, { authorities: {} })).toEqual([
      expect.stringContaining('No listener has `tls.clientCa`'),
    ]);
    expect(messages({ ca: 'root.pem' }, { authorities: files.authorities })).toEqual([]);
  });
});
