import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificate } from './certificates.ts';

/** An authority that signs certificates. */
export interface TestAuthority {
  /** Its own certificate as PEM text. */
  readonly ca: string;
  /** Signs a certificate for names: `DNS:a.test`, `IP:127.0.0.1`. */
  sign(...names: string[]): TestCertificate;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority with openssl, which Debian always has. */
export function makeAuthority(name: string): TestAuthority {
  const root = inFolder((dir, openssl) => {
    const subject = ['-subj', `/CN=${name}`, '-days', '30'];
    openssl('req', '-x509', ...EC, '-keyout', 'ca.key', '-out', 'ca.pem', ...subject);
    return {
      cert: readFileSync(join(dir, 'ca.pem'), 'utf8'),
      key: readFileSync(join(dir, 'ca.key'), 'utf8'),
    };
  });
  return {
    ca: root.cert,
    sign: (...names) =>
      inFolder((dir, openssl) => {
        writeFileSync(join(dir, 'ca.pem'), root.cert);
        writeFileSync(join(dir, 'ca.key'), root.key);
        writeFileSync(join(dir, 'names'), `subjectAltName=${names.join(',')}`);
        openssl('req', '-new', ...EC, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=leaf');
        const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30'];
        openssl('x509', '-req', '-in', 'request.pem', '-out', 'cert.pem', '-extfile', 'names', ...signer);
        return {
          cert: readFileSync(join(dir, 'cert.pem'), 'utf8'),
          key: readFileSync(join(dir, 'key.pem'), 'utf8'),
        };
      }),
  };
}

function inFolder<Result>(make: (dir: string, openssl: (...args: string[]) => void) => Result): Result {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-authority-'));
  try {
    return make(dir, (...args) => void execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
