import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TestPki } from '../../test/support/pki.ts';
import { ClientCertificate } from './certificate.ts';

const root = TestPki.root();

const opened = (der: Uint8Array) => new ClientCertificate(der, [], false, '');

describe('ClientCertificate', () => {
  test('says what the certificate says', () => {
    const { der, cert } = root.client(
      ['DNS:a.test', 'URI:spiffe://company/a', 'email:a@b.test', 'IP:127.0.0.1'],
      {
        subject: '/O=Acme, "Inc"/CN=client \\+1',
      },
    );
    const x509 = new X509Certificate(cert);
    const certificate = opened(der);
    expect(certificate).toMatchObject({
      thumbprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
      thumbprintS256: Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
      subject: 'CN=client \\+1,O=Acme\\, \\"Inc\\"',
      san: { dns: ['a.test'], uri: ['spiffe://company/a'], email: ['a@b.test'] },
      notBeforeMs: x509.validFromDate.getTime(),
      notAfterMs: x509.validToDate.getTime(),
      viaProxy: false,
      field: `:${Buffer.from(der).toString('base64')}:`,
    });
    expect(certificate.serial).toBe(x509.serialNumber.toLowerCase());
  });

  test('of bytes that are no certificate has a thumbprint and nothing else', () => {
    const certificate = opened(new Uint8Array([0x30, 0x00]));
    expect(certificate).toMatchObject({ facts: null, subject: '', san: { dns: [], uri: [], email: [] } });
    expect(certificate.thumbprint).toHaveLength(64);
  });
});
