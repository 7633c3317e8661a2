import { z } from 'zod';
import { ASYMMETRIC_NAMES } from '../../lib/jose/algorithms.ts';

/** Keys of a method whose tokens may be bound to a key of the client (RFC 9449). */
export const dpopShape = {
  dpop: z
    .enum(['off', 'accepted', 'required'])
    .default('off')
    .describe(
      'DPoP (RFC 9449): `accepted` takes tokens with `Authorization: DPoP` and a proof beside Bearer ones, `required` takes no Bearer token. A token that is bound to a key is never taken as a Bearer token, with `off` not at all.',
    ),
  dpopAlgorithms: z
    .array(z.enum(ASYMMETRIC_NAMES))
    .min(1)
    .default(['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'])
    .describe('Signature algorithms of proofs.'),
  dpopNonce: z
    .enum(['off', 'required'])
    .default('off')
    .describe(
      'Whether proofs must hold a nonce of the gateway (RFC 9449, section 9), so that none can be made ahead of its use.',
    ),
  dpopMaxAgeS: z
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe(
      'Seconds that a proof may be old, beside `clockToleranceS` of the issuer in both directions. More than 300 is weak.',
    ),
};

export interface DpopConfig {
  readonly dpop: 'off' | 'accepted' | 'required';
  readonly dpopAlgorithms: readonly string[];
  readonly dpopNonce: 'off' | 'required';
  readonly dpopMaxAgeS: number;
}
