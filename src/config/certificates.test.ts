import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCertificates } from './certificates.ts';
import type { GatewayConfig } from './config.ts';
import { examineDocument } from './examine-document.ts';

const baseDir = join(import.meta.dirname, 'testdata/files');
const NOW_MS = Date.parse('2030-01-01T00:00:00Z');

function configOf(certificates: unknown, tls?: unknown): GatewayConfig {
  const upstream = tls === undefined ? 'http://127.0.0.1:1' : { targets: ['https://127.0.0.1:1'], tls };
  const listeners = [{ name: 'secure', port: 8443, tls: { certificates } }];
  const { config, problems } = examineDocument(
    { version: 1, listeners, apis: [{ id: 'a', upstream }] },
    { baseDir },
  );
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
}

const GOOD = { cert: 'api.pem', key: './api.key' };
const AT = '/listeners/0/tls/certificates/0';

describe('loadCertificates', () => {
  test('gives chain, key, names and end of a certificate', () => {
    const { problems, listeners } = loadCertificates(configOf([GOOD]), NOW_MS);
    expect(problems).toEqual([]);
    const [material] = listeners.get('secure') ?? [];
    expect(material?.names).toEqual(['api.company.com', '*.company.com']);
    expect(material?.key).toBe(readFileSync(join(baseDir, 'api.key'), 'utf8'));
    expect(material?.notAfterMs).toBeGreaterThan(NOW_MS);
  });

  test('takes PEM text', () => {
    const [cert, key] = ['api.pem', 'api.key'].map((name) => readFileSync(join(baseDir, name), 'utf8'));
    expect(loadCertificates(configOf([{ cert, key }]), NOW_MS).problems).toEqual([]);
  });

  test.each([
    [
      'a missing certificate',
      { ...GOOD, cert: 'none.pem' },
      `${AT}/cert`,
      /none\.pem cannot be read: there is no such file\.$/,
    ],
    [
      'a key for a certificate',
      { ...GOOD, cert: 'api.key' },
      `${AT}/cert`,
      /holds no certificate in PEM form\.$/,
    ],
    [
      'a certificate for a key',
      { ...GOOD, key: 'api.pem' },
      `${AT}/key`,
      /holds no private key in PEM form\.$/,
    ],
    [
      'another key',
      { ...GOOD, key: 'other.key' },
      `${AT}/key`,
      /^The key does not belong to the certificate\.$/,
    ],
    ['an encrypted key', { ...GOOD, key: 'encrypted.key' }, `${AT}/key`, /is encrypted, and nobody is there/],
    [
      'a damaged certificate',
      { ...GOOD, cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      `${AT}/cert`,
      /^Certificate 1 of the text is damaged\.$/,
    ],
  ])('%s is a problem', (_, entry, pointer, message) => {
    const { problems, listeners } = loadCertificates(configOf([entry]), NOW_MS);
    expect(problems).toEqual([expect.objectContaining({ pointer, message: expect.stringMatching(message) })]);
    expect(listeners.get('secure')).toEqual([]);
  });

  test.each([
    [Date.parse('2200-01-01T00:00:00Z'), /expired on 2\d{3}-/],
    [Date.parse('2000-01-01T00:00:00Z'), /is not valid before 20\d\d-/],
  ])('dates are compared with %d', (nowMs, message) => {
    const { problems } = loadCertificates(configOf([GOOD]), nowMs);
    expect(problems).toEqual([
      expect.objectContaining({ pointer: `${AT}/cert`, message: expect.stringMatching(message) }),
    ]);
  });

  test('reads what an upstream needs', () => {
    const good = loadCertificates(configOf([GOOD], { ca: 'api.pem', ...GOOD }), NOW_MS);
    expect(good.problems).toEqual([]);
    expect(good.upstreams.get('a')?.ca).toMatch(/^-----BEGIN CERTIFICATE/);
    expect(good.upstreams.get('a')?.key).toMatch(/PRIVATE KEY/);
    const bad = loadCertificates(configOf([GOOD], { ca: 'none.pem' }), NOW_MS);
    expect(bad.problems.map(({ pointer }) => pointer)).toEqual(['/apis/0/upstream/tls/ca']);
  });

  test('all mistakes are told at once, and no key among them', () => {
    const entries = [
      { ...GOOD, key: 'other.key' },
      { cert: 'x', key: 'y' },
    ];
    const { problems } = loadCertificates(configOf(entries), NOW_MS);
    expect(problems).toHaveLength(3);
    expect(JSON.stringify(problems)).not.toContain('BEGIN');
  });
});
