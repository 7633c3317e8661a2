import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A self-signed certificate with its key, as PEM text. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const KEY_ARGUMENTS = {
  rsa: ['-newkey', 'rsa:2048'],
  ecdsa: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  'rsa-1024': ['-newkey', 'rsa:1024'],
};

/** Makes a certificate for some names with openssl, which Debian always has. */
export function makeCertificate(
  names: readonly string[],
  kind: keyof typeof KEY_ARGUMENTS = 'ecdsa',
): TestCertificate {
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-cert-'));
  try {
    const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const subject = ['-subj', `/CN=${names[0]?.replace('*', 'any')}`];
    const alternatives = ['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`];
    const files = ['-nodes', '-keyout', key, '-out', cert, '-days', '30'];
    execFileSync('openssl', ['req', '-x509', ...KEY_ARGUMENTS[kind], ...files, ...subject, ...alternatives], {
      stdio: 'pipe',
    });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
