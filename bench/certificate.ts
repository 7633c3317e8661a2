import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The one certificate that every subject serves. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  /** Both in one file, as HAProxy wants them. */
  readonly pemPath: string;
}

/** Makes a self-signed ECDSA P-256 certificate for loopback. */
export function makeCertificate(dir: string): Certificate {
  const [certPath, keyPath, pemPath] = ['tls.crt', 'tls.key', 'tls.pem'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', keyPath];
  const names = [
    '-subj',
    '/CN=api.example.com',
    '-addext',
    'subjectAltName=DNS:api.example.com,IP:127.0.0.1',
  ];
  const args = ['req', '-x509', ...key, '-out', certPath, '-days', '2', ...names];
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  writeFileSync(pemPath, readFileSync(certPath, 'utf8') + readFileSync(keyPath, 'utf8'), { mode: 0o600 });
  return { certPath, keyPath, pemPath };
}
