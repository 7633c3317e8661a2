import { expect, test } from 'vitest';
import { TestPki } from '../../test/support/pki.ts';
import { certificateFacts } from './client-certificate.ts';

const root = TestPki.root();
const facts = certificateFacts(() => [], Date.now);
type Ctx = Parameters<typeof facts.getCertificate>[0];

const showing = (der: Uint8Array): Ctx =>
  ({ req: { headers: { 'client-cert': `:${Buffer.from(der).toString('base64')}:` } } }) as unknown as Ctx;

test('the certificate that a client shows is the one that is compared with what was registered', () => {
  const { der } = root.client();
  expect(facts.getCertificate(showing(der))?.raw).toEqual(Buffer.from(der));
});

test('one that carries, as text, the certificate of another client is not taken for it', () => {
  const text = Buffer.from(`\n${root.client().cert}`).toString('hex');
  const { der } = TestPki.root({ extensions: [`1.2.3.4=DER:${text}`] }).self;
  expect(facts.getCertificate(showing(der))).toBeUndefined();
  expect(facts.certificateAuthorized(showing(der))).toBe(false);
});
