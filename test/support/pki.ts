import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, as PEM text, and who signed it. */
export interface Signed {
  readonly cert: string;
  readonly key: string;
  readonly der: Uint8Array;
}

/** What a certificate is to say; the rest is what is usual for its kind. */
export interface CertificateSketch {
  /** As openssl takes it: `/O=Company/CN=name`. */
  readonly subject?: string;
  /** Lines of an openssl extension section. */
  readonly extensions?: readonly string[];
  /** As `20260101000000Z`. */
  readonly from?: string;
  readonly until?: string;
  readonly digest?: string;
  readonly newKey?: readonly string[];
  /** An existing key instead of a new one. */
  readonly key?: string;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
const CONFIG = `[ca]
default_ca = x
[x]
database = index.txt
serial = serial
new_certs_dir = .
policy = any
default_md = sha256
default_crl_days = 7
unique_subject = no
[any]
domainComponent = optional
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
`;
const AUTHORITY = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const CLIENT = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=clientAuth',
];

let serial = 4096;

/** An authority of tests that signs, with openssl, whatever a sketch says. */
export class TestPki {
  readonly self: Signed;

  constructor(self: Signed) {
    this.self = self;
  }

  static root(sketch: CertificateSketch = {}): TestPki {
    return new TestPki(make({ subject: '/CN=root', extensions: AUTHORITY, ...sketch }, null));
  }

  /** An authority below this one. */
  authority(sketch: CertificateSketch = {}): TestPki {
    return new TestPki(make({ subject: '/CN=intermediate', extensions: AUTHORITY, ...sketch }, this.self));
  }

  /** A client of this authority; `names` as openssl takes them: `URI:spiffe://company/a`. */
  client(names: readonly string[] = [], sketch: CertificateSketch = {}): Signed {
    const san = names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`];
    const extensions = [...(sketch.extensions ?? CLIENT), ...san];
    return make({ subject: '/CN=client', ...sketch, extensions }, this.self);
  }

  /** A revocation list of this authority, as PEM text. */
  crl(revoked: readonly Signed[] = [], args: readonly string[] = []): string {
    return inFolder((dir, openssl) => {
      writeFileSync(join(dir, 'ca.pem'), this.self.cert);
      writeFileSync(join(dir, 'ca.key'), this.self.key);
      writeFileSync(join(dir, 'index.txt'), revoked.map(({ cert }) => indexLine(cert, 'R')).join(''));
      openssl(
        'ca',
        '-gencrl',
        '-config',
        'config',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
        '-out',
        'crl.pem',
        ...args,
      );
      return readFileSync(join(dir, 'crl.pem'), 'utf8');
    });
  }
}

/** A line of the database of `openssl ca` and `openssl ocsp`. */
export function indexLine(cert: string, status: 'V' | 'R'): string {
  const { serialNumber, validToDate } = new X509Certificate(cert);
  const time = (date: Date) => `${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`;
  const revokedAt = status === 'R' ? time(new Date(Date.now() - 60_000)) : '';
  return `${status}\t${time(validToDate)}\t${revokedAt}\t${serialNumber}\tunknown\t/CN=${serialNumber}\n`;
}

function make(sketch: CertificateSketch, issuer: Signed | null): Signed {
  return inFolder((dir, openssl) => {
    const { subject = '', extensions = [], digest = 'sha256' } = sketch;
    const from = sketch.from ?? instant(-3_600_000);
    const until = sketch.until ?? instant(30 * 86_400_000);
    writeFileSync(join(dir, 'extensions'), `${extensions.join('\n')}\n`);
    writeFileSync(join(dir, 'serial'), (serial++).toString(16));
    if (sketch.key === undefined) {
      openssl(
        'req',
        '-new',
        ...(sketch.newKey ?? EC),
        '-nodes',
        '-keyout',
        'key.pem',
        '-out',
        'csr.pem',
        '-utf8',
        '-subj',
        subject,
      );
    } else {
      writeFileSync(join(dir, 'key.pem'), sketch.key);
      openssl('req', '-new', '-key', 'key.pem', '-out', 'csr.pem', '-utf8', '-subj', subject);
    }
    if (issuer !== null) {
      writeFileSync(join(dir, 'ca.pem'), issuer.cert);
      writeFileSync(join(dir, 'ca.key'), issuer.key);
    }
    const signer =
      issuer === null ? ['-selfsign', '-keyfile', 'key.pem'] : ['-cert', 'ca.pem', '-keyfile', 'ca.key'];
    const dates = ['-startdate', from, '-enddate', until];
    const form = ['-batch', '-notext', '-utf8', '-preserveDN', '-md', digest, '-extfile', 'extensions'];
    openssl('ca', '-config', 'config', '-in', 'csr.pem', '-out', 'cert.pem', ...signer, ...dates, ...form);
    const cert = readFileSync(join(dir, 'cert.pem'), 'utf8');
    const der = new Uint8Array(new X509Certificate(cert).raw);
    return { cert, key: readFileSync(join(dir, 'key.pem'), 'utf8'), der };
  });
}

/** A moment from now as openssl takes it. */
export function instant(fromNowMs: number): string {
  return `${new Date(Date.now() + fromNowMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

function inFolder<Result>(run: (dir: string, openssl: (...args: string[]) => void) => Result): Result {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-pki-'));
  try {
    writeFileSync(join(dir, 'config'), CONFIG);
    writeFileSync(join(dir, 'index.txt'), '');
    return run(dir, (...args) => void execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
