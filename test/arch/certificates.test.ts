import { expect, test } from 'vitest';
import { productFiles } from './sources.ts';

/** Bytes through `openX509`; PEM text of the operator's own files as it is. */
const MAY_CONSTRUCT = ['src/config/certificates.ts', 'src/lib/x509/open-x509.ts'];

test('bytes of others become certificates in one place, which takes no other one out of the middle of them', () => {
  const found = productFiles().filter(({ text }) => text.includes('new X509Certificate('));
  expect(found.map(({ path }) => path).sort()).toEqual(MAY_CONSTRUCT);
});
