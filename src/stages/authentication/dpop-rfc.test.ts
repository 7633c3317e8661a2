import { expect, test } from 'vitest';
import { fakePorts, request } from '../../../test/support/authentication-world.ts';
import { thumbprintOf } from '../../lib/jose/public-jwk.ts';
import { DpopVerifier } from './dpop.ts';

/** The key, the token and the proofs of the examples. Source: RFC 9449, sections 4.2, 6.1 and 7.1. */
const HEADER =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';
const AT_RESOURCE = `${HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;
const AT_TOKEN_ENDPOINT = `${HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;
const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
const IAT_MS = 1_562_262_618_000;

function verify(
  proof: string,
  change: { token?: string; jkt?: string; target?: string; method?: string } = {},
) {
  const { ports, clock } = fakePorts();
  clock.time = IAT_MS;
  const config = { dpop: 'required', dpopAlgorithms: ['ES256'], dpopNonce: 'off', dpopMaxAgeS: 60 } as const;
  const { target = '/protectedresource', method = 'GET', token = TOKEN, jkt = JKT } = change;
  const ctx = request(['DPoP', proof], { authority: 'resource.example.org', target, method });
  return new DpopVerifier(config, 60, 'DPoP', ports).verify(ctx, token, jkt);
}

test('the key of the examples has the thumbprint of section 6.1', () => {
  const { jwk } = JSON.parse(Buffer.from(HEADER, 'base64url').toString()) as { jwk: object };
  expect(thumbprintOf({ ...jwk })).toBe(JKT);
});

test('the proof of section 7.1 is good for its request and for no other', async () => {
  expect(await verify(AT_RESOURCE)).toBeNull();
  for (const change of [
    { token: `${TOKEN}x` },
    { jkt: `${JKT.slice(1)}A` },
    { target: '/' },
    { method: 'POST' },
  ])
    expect((await verify(AT_RESOURCE, change))?.reason).toBe('authn.proof');
});

test('the proof of section 4.2 is for a token endpoint: it names no token', async () => {
  expect((await verify(AT_TOKEN_ENDPOINT, { method: 'POST', target: '/token' }))?.reason).toBe('authn.proof');
});
