import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOW_S, PAIRS, request } from '../../../test/support/authentication-world.ts';
import { makeProof } from '../../../test/support/dpop.ts';
import { encode } from '../../../test/support/sign-token.ts';
import { findConfirmation } from './confirmation.ts';
import { parseProof } from './dpop-proof.ts';
import { isTargetOf } from './dpop-target.ts';

const ALGORITHMS = new Set(['ES256']);
const URI = 'https://api.company.com/orders';
const good = makeProof(PAIRS.p256, { token: 'token', uri: URI, nowS: NOW_S });

test('a proof of any header and claims is read or refused, never thrown at', () => {
  expect(typeof parseProof(good, ALGORITHMS)).toBe('object');
  const json = fc.jsonValue();
  fc.assert(
    fc.property(json, json, fc.string(), (header, claims, signature) => {
      const text = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}.${encode(signature)}`;
      expect(typeof parseProof(text, ALGORITHMS)).toBe('string');
    }),
  );
});

test('a good proof with one character changed is another proof, or none', () => {
  fc.assert(
    fc.property(fc.nat({ max: good.length - 1 }), fc.constantFrom(...'Aa0-_.=+/ %'), (at, char) => {
      const text = good.slice(0, at) + char + good.slice(at + 1);
      fc.pre(text !== good);
      const proof = parseProof(text, ALGORITHMS);
      if (typeof proof === 'string') return;
      const [signed, signature] = [
        proof.signedBytes.toString('latin1'),
        proof.signature.toString('base64url'),
      ];
      expect(`${signed}.${signature}`).toBe(text);
    }),
  );
});

test('whatever `cnf` holds, the token is bound to what can be checked, or of no use', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (cnf) => {
      const found = findConfirmation({ cnf });
      if (found !== 'unconfirmable') expect(`${found?.jkt}${found?.x5t}`).not.toBe('');
      expect(found).not.toBeNull();
    }),
  );
});

test('no text but the address itself, spelled in some way, is the address of a request', () => {
  const ctx = request();
  const piece = fc.constantFrom(
    'https:',
    'http:',
    '//',
    '/',
    'api.company.com',
    'evil.example',
    '@',
    ':443',
    ':80',
    '.',
    '..',
    'orders',
    '%6f',
    '?',
    '#',
    ' ',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      if (!isTargetOf(text, ctx)) return;
      const url = new URL(text);
      expect([url.protocol, url.host, url.username]).toEqual(['https:', 'api.company.com', '']);
      expect(decodeURIComponent(url.pathname)).toBe('/orders');
    }),
    { numRuns: 2000 },
  );
  expect(isTargetOf(URI, ctx)).toBe(true);
});
