import { describe, expect, test } from 'vitest';
import { type Signed, TestPki } from '../../../test/support/pki.ts';
import type { Authority } from './authority.ts';
import { AuthoritySet, findPath, type Path, type PathFault } from './path.ts';
import { PathCertificate } from './path-certificate.ts';

const NOW_MS = Date.now();
const ALWAYS = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };
const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const RSA = ['-newkey', 'rsa:2048'];
const CLIENT = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=clientAuth'];

const root = TestPki.root({ subject: '/O=Company/CN=root' });
const between = root.authority({ subject: '/O=Company/CN=between' });
const stranger = TestPki.root({ subject: '/O=Company/CN=root' });

const opened = ({ der }: Signed): PathCertificate => PathCertificate.open(der) as PathCertificate;
const authority = (pki: TestPki, time: Partial<Authority> = {}): Authority => ({
  certificate: opened(pki.self),
  ...ALWAYS,
  ...time,
});

interface Attempt {
  readonly leaf: Signed;
  readonly sent?: readonly Signed[];
  readonly to?: readonly Authority[];
  readonly nowMs?: number;
  readonly anyPurpose?: boolean;
}

function judge({
  leaf,
  sent = [],
  to = [authority(root)],
  nowMs = NOW_MS,
  anyPurpose,
}: Attempt): Path | PathFault {
  const rules = { allowsAnyPurpose: anyPurpose ?? false };
  return findPath(opened(leaf), sent.map(opened), new AuthoritySet(to), nowMs, rules);
}

const subjects = (found: Path | PathFault): string[] =>
  typeof found === 'string' ? [found] : found.certificates.map(({ facts }) => facts.subject.text);

describe('a path', () => {
  test('straight to the authority', () => {
    const found = judge({ leaf: root.client() });
    expect(subjects(found)).toEqual(['CN=client', 'CN=root,O=Company']);
  });

  test('over what was sent, in any order and with strangers among it', () => {
    const leaf = between.client();
    const sent = [stranger.self, root.self, between.self];
    expect(subjects(judge({ leaf, sent }))).toEqual([
      'CN=client',
      'CN=between,O=Company',
      'CN=root,O=Company',
    ]);
  });

  test('to an authority that is not a root', () => {
    expect(subjects(judge({ leaf: between.client(), to: [authority(between)] }))).toHaveLength(2);
  });

  test('the other one of two authorities of one name, before or after it', () => {
    const leaf = root.client();
    for (const to of [
      [authority(stranger), authority(root)],
      [authority(root), authority(stranger)],
    ]) {
      expect(subjects(judge({ leaf, to }))).toHaveLength(2);
    }
  });

  test('over the one of two cross-signed authorities that leads there', () => {
    const other = TestPki.root({ subject: '/CN=other' });
    const crossed = other.authority({ subject: '/O=Company/CN=between', key: between.self.key });
    const leaf = between.client();
    for (const sent of [
      [crossed.self, between.self],
      [between.self, crossed.self],
    ]) {
      expect(subjects(judge({ leaf, sent }))).toHaveLength(3);
      expect(subjects(judge({ leaf, sent, to: [authority(other)] }))).toHaveLength(3);
    }
  });

  test('over the new key of an authority, signed with its old one; whatever a root signed itself with', () => {
    const rolled = root.authority({ subject: '/O=Company/CN=root' });
    expect(subjects(judge({ leaf: rolled.client(), sent: [rolled.self] }))).toHaveLength(3);
    const old = TestPki.root({ subject: '/CN=old', digest: 'sha1' });
    expect(subjects(judge({ leaf: old.client(), to: [authority(old)] }))).toHaveLength(2);
  });

  test('is valid as long as all of it is, its authority included', () => {
    const leaf = root.client([], { until: '20400101000000Z' });
    const untilMs = NOW_MS + 1000;
    const found = judge({ leaf, to: [authority(root, { untilMs })] }) as Path;
    expect(found.untilMs).toBe(untilMs);
    const unlimited = judge({ leaf }) as Path;
    expect(unlimited.untilMs).toBe(opened(root.self).facts.notAfterMs + 1);
  });

  test('of any purpose', () => {
    const leaf = root.client([], { extensions: ['extendedKeyUsage=anyExtendedKeyUsage'] });
    expect(subjects(judge({ leaf }))).toHaveLength(2);
    const unsaid = root.client([], { extensions: ['basicConstraints=CA:FALSE'] });
    expect(subjects(judge({ leaf: unsaid, anyPurpose: true }))).toHaveLength(2);
  });

  test.each([
    ['RSA-PSS', { newKey: ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'] }],
    ['Ed25519', { newKey: ['-newkey', 'ed25519'], digest: 'null' }],
    ['P-384', { newKey: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'], digest: 'sha384' }],
    ['RSA', { newKey: ['-newkey', 'rsa:2048'] }],
  ])('signed with %s', (_name, sketch) => {
    const signer = TestPki.root({ subject: '/CN=signer', ...sketch });
    expect(subjects(judge({ leaf: signer.client(), to: [authority(signer)] }))).toHaveLength(2);
  });
});

/** Whatever is wrong, and what is said of it. */
const REFUSED: readonly (readonly [string, PathFault, () => Attempt])[] = [
  ['an unknown authority', 'untrusted', () => ({ leaf: TestPki.root({ subject: '/CN=x' }).client() })],
  ['another authority of the same name', 'signature', () => ({ leaf: stranger.client() })],
  ['an authority in between that was not sent', 'untrusted', () => ({ leaf: between.client() })],
  [
    'expired',
    'expired',
    () => ({ leaf: root.client([], { from: '20200101000000Z', until: '20200102000000Z' }) }),
  ],
  [
    'not valid yet',
    'not-yet-valid',
    () => ({ leaf: root.client([], { from: '20400101000000Z', until: '20410101000000Z' }) }),
  ],
  ['no purpose', 'purpose', () => ({ leaf: root.client([], { extensions: ['basicConstraints=CA:FALSE'] }) })],
  [
    'the purpose of servers',
    'purpose',
    () => ({ leaf: root.client([], { extensions: ['extendedKeyUsage=serverAuth'] }) }),
  ],
  [
    'a key that may not sign',
    'purpose',
    () => ({
      leaf: root.client([], { extensions: ['keyUsage=keyAgreement', 'extendedKeyUsage=clientAuth'] }),
    }),
  ],
  ['signed by itself', 'is-authority', () => ({ leaf: TestPki.root({ subject: '/CN=self' }).self })],
  [
    'signed by itself without being an authority',
    'untrusted',
    () => ({ leaf: TestPki.root({ subject: '/CN=self', extensions: CLIENT }).self }),
  ],
  ['the certificate of an authority', 'is-authority', () => ({ leaf: between.self })],
  ['the authority itself', 'is-authority', () => ({ leaf: root.self })],
  [
    'a client that signs',
    'no-authority',
    () => {
      const client = root.client([], { subject: '/CN=signing' });
      return { leaf: new TestPki(client).client(), sent: [client] };
    },
  ],
  [
    'an authority that may not sign certificates',
    'no-authority',
    () => {
      const signer = root.authority({ extensions: ['basicConstraints=CA:TRUE', 'keyUsage=cRLSign'] });
      return { leaf: signer.client(), sent: [signer.self] };
    },
  ],
  [
    'more authorities than one of them allows',
    'path-length',
    () => {
      const short = root.authority({
        extensions: ['basicConstraints=CA:TRUE,pathlen:0'],
        subject: '/CN=short',
      });
      const below = short.authority({ subject: '/CN=below' });
      return { leaf: below.client(), sent: [below.self, short.self] };
    },
  ],
  [
    'more authorities than the last one allows',
    'path-length',
    () => {
      const short = TestPki.root({
        extensions: ['basicConstraints=CA:TRUE,pathlen:0'],
        subject: '/CN=short',
      });
      const below = short.authority({ subject: '/CN=below' });
      return { leaf: below.client(), sent: [below.self], to: [authority(short)] };
    },
  ],
  [
    'an authority in between that has expired',
    'authority-time',
    () => {
      const old = root.authority({ from: '20200101000000Z', until: '20200102000000Z' });
      return { leaf: old.client(), sent: [old.self] };
    },
  ],
  [
    'an authority that has expired',
    'authority-time',
    () => {
      const old = TestPki.root({ from: '20200101000000Z', until: '20200102000000Z' });
      return { leaf: old.client(), to: [authority(old)] };
    },
  ],
  [
    'an authority whose time is over',
    'authority-time',
    () => ({ leaf: root.client(), to: [authority(root, { untilMs: NOW_MS })] }),
  ],
  [
    'an authority whose time has not come',
    'authority-time',
    () => ({ leaf: root.client(), to: [authority(root, { fromMs: NOW_MS + 1 })] }),
  ],
  [
    'constraints on names',
    'constraints',
    () => {
      const bound = root.authority({ extensions: [...CA, 'nameConstraints=permitted;DNS:a.test'] });
      return { leaf: bound.client(['DNS:a.test']), sent: [bound.self] };
    },
  ],
  [
    'a critical extension that nobody knows',
    'critical',
    () => ({ leaf: root.client([], { extensions: [...CLIENT, '1.2.3.4=critical,ASN1:NULL'] }) }),
  ],
  [
    'a critical extension of an authority',
    'critical',
    () => {
      const bound = root.authority({
        extensions: [...CA, '2.5.29.36=critical,DER:30038001 00'.replace(' ', '')],
      });
      return { leaf: bound.client(), sent: [bound.self] };
    },
  ],
  [
    'an authority for other purposes',
    'purpose',
    () => {
      const servers = root.authority({ extensions: [...CA, 'extendedKeyUsage=serverAuth'] });
      return { leaf: servers.client(), sent: [servers.self] };
    },
  ],
  ['an RSA key of 1024 bits', 'weak', () => ({ leaf: root.client([], { newKey: ['-newkey', 'rsa:1024'] }) })],
  [
    'an RSA key with a long exponent',
    'weak',
    () => ({ leaf: root.client([], { newKey: [...RSA, '-pkeyopt', 'rsa_keygen_pubexp:4294967297'] }) }),
  ],
  [
    'an RSA key with a long exponent, of an authority in between',
    'weak',
    () => {
      const slow = root.authority({ newKey: [...RSA, '-pkeyopt', 'rsa_keygen_pubexp:4294967297'] });
      return { leaf: slow.client(), sent: [slow.self] };
    },
  ],
  ['SHA-1', 'weak', () => ({ leaf: root.client([], { digest: 'sha1' }) })],
  [
    'a curve of 224 bits',
    'weak',
    () => ({
      leaf: root.client([], { newKey: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp224r1'] }),
    }),
  ],
  [
    'SHA-1 of an authority in between',
    'weak',
    () => {
      const weak = root.authority({ digest: 'sha1' });
      return { leaf: weak.client(), sent: [weak.self] };
    },
  ],
  [
    'SHA-1 under the new key of an authority, signed with its old one',
    'signature',
    () => {
      const name = '/O=Company/CN=root';
      const rolled = root.authority({ subject: name, digest: 'sha1' });
      return { leaf: rolled.client(), sent: [rolled.self] };
    },
  ],
  [
    'a way that is too long',
    'untrusted',
    () => {
      let pki = root;
      const sent = Array.from({ length: 6 }, (_, at) => {
        pki = pki.authority({ subject: `/CN=level ${at}` });
        return pki.self;
      });
      return { leaf: pki.client(), sent };
    },
  ],
];

describe('refused', () => {
  test.each(REFUSED)('%s: %s', (_what, fault, attempt) => {
    expect(judge(attempt())).toBe(fault);
  });

  test('any bit of certificate or authority that is turned', () => {
    const leaf = root.client();
    for (let at = 0; at < leaf.der.length; at++) {
      const der = new Uint8Array(leaf.der);
      der[at] = (der[at] as number) ^ (1 << (at % 8));
      const certificate = PathCertificate.open(der);
      if (certificate === null) continue;
      const found = findPath(certificate, [], new AuthoritySet([authority(root)]), NOW_MS, {
        allowsAnyPurpose: true,
      });
      expect(typeof found, `byte ${at}`).toBe('string');
    }
  });

  test.each([
    ['client', root.client()],
    ['authority', root.self],
  ])('one that carries, as text, another one that is good, of a %s', (_kind, { cert }) => {
    const text = Buffer.from(`\n${cert}`).toString('hex');
    const extensions = [...CLIENT, `1.2.3.4=DER:${text}`];
    const forged = stranger.client(['URI:spiffe://company/admin'], { extensions });
    expect(PathCertificate.open(forged.der)).toBeNull();
  });

  test('authorities that sign each other, however many, cost a bounded number of signatures', () => {
    const leaf = between.client();
    const circle = Array.from({ length: 8 }, () =>
      TestPki.root({ subject: '/O=Company/CN=between', key: between.self.key }),
    );
    const found = judge({
      leaf,
      sent: circle.map(({ self }) => self),
      to: [authority(TestPki.root({ subject: '/CN=x' }))],
    });
    expect(found).toBe('effort');
  });
});
